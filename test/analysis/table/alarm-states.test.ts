import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Alarm, INACTIVE, nextAlarm } from '../../../src/analysis/table/alarm-states.ts';
import type { AlarmInputs, AlarmRow } from '../../../src/model/alarms/alarm.ts';
import { ALARM_ROWS } from '../../../src/model/alarms/alarms.ts';
import { DEFAULT_THRESHOLDS } from '../../../src/model/alarms/thresholds.ts';
import { HEALTHY } from '../../model/inputs.ts';
import { randomInputs } from '../../model/random-inputs.ts';

type Rule = Pick<AlarmRow, 'raise' | 'clear' | 'pendingMs' | 'keepFiringMs'>;

const RULE: Rule = {
  raise: ({ usage }) => (usage === undefined ? undefined : usage >= 0.9),
  clear: ({ usage = 0 }) => usage < 0.8,
  pendingMs: 2000,
  keepFiringMs: 3000,
};

const next = (rule: Rule, alarm: Alarm, inputs: AlarmInputs, atMs: number) =>
  nextAlarm(rule, alarm, inputs, DEFAULT_THRESHOLDS, atMs);

/** The state after the usage of each second; `unknown` where it cannot be judged. */
function statesOf(usages: readonly (number | undefined)[], rule: Rule = RULE): string[] {
  let alarm: Alarm = INACTIVE;
  return usages.map((usage, second) => {
    const judged = next(rule, alarm, { ...HEALTHY, usage }, second * 1000);
    alarm = judged ?? alarm;
    return judged?.state ?? 'unknown';
  });
}

const [I, P, F, R, U] = ['inactive', 'pending', 'firing', 'resolving', 'unknown'];

describe('nextAlarm()', () => {
  it.each([
    ['stays inactive below the threshold', [0.1, 0.89], [I, I]],
    ['is pending before it fires', [0.9, 0.9, 0.9], [P, P, F]],
    ['forgets what did not last', [0.9, 0.9, 0.5, 0.9], [P, P, I, P]],
    ['is not pending any more between the two thresholds', [0.9, 0.85, 0.9], [P, I, P]],
    ['keeps firing between the two thresholds', [1, 1, 1, 0.85, 0.81], [P, P, F, F, F]],
    ['ends after it has resolved', [1, 1, 1, 0.5, 0.5, 0.5, 0.5], [P, P, F, R, R, R, I]],
    [
      'fires again, and resolves anew, when it returns',
      [1, 1, 1, 0.5, 0.95, 0.5, 0.5, 0.5, 0.5],
      [P, P, F, R, F, R, R, R, I],
    ],
    ['resolves anew when it was above the lower threshold', [1, 1, 1, 0.5, 0.85, 0.5, 0.5], [P, P, F, R, F, R, R]],
    ['is unknown while its inputs are, and as it was after that', [1, 1, 1, undefined, 1], [P, P, F, U, F]],
    ['does not forget that it was pending while it is unknown', [1, undefined, 1], [P, U, F]],
  ])('%s', (_, usages, states) => {
    expect(statesOf(usages)).toEqual(states);
  });

  it('fires and ends at once where nothing is to be waited for', () => {
    expect(statesOf([1, 0.85, 0.5, 1], { ...RULE, pendingMs: 0, keepFiringMs: 0 })).toEqual([F, F, I, F]);
  });

  it('keeps the moment it began to fire while it resolves and returns', () => {
    let alarm: Alarm = { state: 'firing', sinceMs: 7 };
    const step = (usage: number, atMs: number) => {
      alarm = next(RULE, alarm, { ...HEALTHY, usage }, atMs)!;
    };
    step(0.1, 1000);
    expect(alarm).toEqual({ state: 'resolving', sinceMs: 7, clearSinceMs: 1000 });
    step(0.1, 2000);
    expect(alarm).toEqual({ state: 'resolving', sinceMs: 7, clearSinceMs: 1000 });
    step(0.95, 3000);
    expect(alarm).toEqual({ state: 'firing', sinceMs: 7 });
  });

  it('begins to fire at the end of its pending time, not at its beginning', () => {
    expect(next(RULE, { state: 'pending', sinceMs: 0 }, { ...HEALTHY, usage: 1 }, 2500)).toEqual({
      state: 'firing',
      sinceMs: 2500,
    });
  });

  it('never ends or resolves an alarm while what raises it stands, whatever `clear` says', () => {
    const firing: Alarm = { state: 'firing', sinceMs: 0 };
    const resolving: Alarm = { state: 'resolving', sinceMs: 0, clearSinceMs: 0 };
    fc.assert(
      fc.property(randomInputs, fc.constantFrom(...ALARM_ROWS), fc.boolean(), (inputs, row, isFiring) => {
        fc.pre(row.raise(inputs, DEFAULT_THRESHOLDS) === true);
        expect(next(row, isFiring ? firing : resolving, inputs, 1e9)?.state).toBe('firing');
      }),
    );
  });
});

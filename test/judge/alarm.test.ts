import { describe, expect, it } from 'vitest';
import { ALARM_RULES, type Alarm, type AlarmRule, nextAlarm } from '../../src/judge/alarm.ts';

const RULE: AlarmRule = { name: 'test', on: 'usage', raiseAt: 0.9, clearBelow: 0.8, holdMs: 2000, calmMs: 3000 };

/** The state after each second's usage. */
function statesOf(usages: readonly number[], rule: AlarmRule = RULE): string[] {
  let alarm: Alarm = { state: 'quiet' };
  return usages.map((usage, second) => {
    alarm = nextAlarm(rule, alarm, { usage, urgency: 0 }, second * 1000);
    return alarm.state;
  });
}

describe('nextAlarm()', () => {
  it.each([
    ['stays quiet below the mark', [0.1, 0.89], ['quiet', 'quiet']],
    ['waits before it raises', [0.9, 0.9, 0.9], ['pending', 'pending', 'firing']],
    ['forgets what did not last', [0.9, 0.9, 0.5, 0.9], ['pending', 'pending', 'quiet', 'pending']],
    ['keeps firing between the two marks', [1, 1, 1, 0.85, 0.81], ['pending', 'pending', 'firing', 'firing', 'firing']],
    [
      'clears after a calm',
      [1, 1, 1, 0.5, 0.5, 0.5, 0.5],
      ['pending', 'pending', 'firing', 'calming', 'calming', 'calming', 'quiet'],
    ],
    [
      'does not clear when the calm is broken',
      [1, 1, 1, 0.5, 0.85, 0.5, 0.5],
      ['pending', 'pending', 'firing', 'calming', 'firing', 'calming', 'calming'],
    ],
  ])('%s', (_, usages, states) => {
    expect(statesOf(usages)).toEqual(states);
  });

  it('keeps the moment it was raised through calming and back', () => {
    let alarm: Alarm = { state: 'firing', sinceMs: 7 };
    for (const [usage, atMs] of [
      [0.1, 1000],
      [0.95, 2000],
    ] as const)
      alarm = nextAlarm(RULE, alarm, { usage, urgency: 0 }, atMs);
    expect(alarm).toEqual({ state: 'firing', sinceMs: 7 });
  });
});

describe('ALARM_RULES', () => {
  it('clear lower than they raise', () => {
    for (const { raiseAt, clearBelow } of ALARM_RULES) expect(clearBelow).toBeLessThan(raiseAt);
  });

  it('raise "saturated" at once', () => {
    const saturated = ALARM_RULES.find(({ name }) => name === 'saturated')!;
    expect(statesOf([0.5, 1], saturated)).toEqual(['quiet', 'firing']);
  });

  it('keep "saturated" raised while the table swings between 95 and 100 %', () => {
    const saturated = ALARM_RULES.find(({ name }) => name === 'saturated')!;
    const swinging = Array.from({ length: 120 }, (_, second) => (second % 4 === 0 ? 1 : 0.951));
    expect(new Set(statesOf(swinging, saturated))).toEqual(new Set(['firing']));
  });
});

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

  it.each([
    ['raise "critical" where the kernel evicts, whatever the trend', { usage: 0.95, urgency: 0 }, 'firing'],
    [
      'raise "critical" on a high table that will be full before a person could act',
      { usage: 0.9, urgency: 1 },
      'firing',
    ],
    ['do not raise "critical" on a high table that is not filling', { usage: 0.94, urgency: 0 }, 'quiet'],
    ['do not raise "critical" on a table that is filling but not high', { usage: 0.89, urgency: 9 }, 'quiet'],
  ] as const)('%s', (_, evidence, state) => {
    const critical = ALARM_RULES.find(({ name }) => name === 'critical')!;
    let alarm: Alarm = { state: 'quiet' };
    for (const atMs of [0, critical.holdMs]) alarm = nextAlarm(critical, alarm, evidence, atMs);
    expect(alarm.state).toBe(state);
  });

  it('stay quiet on a busy table that is stable at 85 %', () => {
    for (const rule of ALARM_RULES)
      expect(
        new Set(
          statesOf(
            Array.from({ length: 900 }, () => 0.85),
            rule,
          ),
        ),
      ).toEqual(new Set(['quiet']));
  });
});

/**
 * Alarms on the pressure of the table: its usage, or at least 1 while packets are refused for want of room. Each clears
 * lower than it is raised and only after a calm, or a table that hovers at the mark would flap all night.
 */
export type AlarmRule = {
  readonly name: string;
  readonly raiseAt: number;
  readonly clearBelow: number;
  /** How long the pressure must stand before the alarm is raised. */
  readonly holdMs: number;
  /** How long it must stay below the clearing mark. */
  readonly calmMs: number;
};

export const ALARM_RULES = [
  { name: 'warning', raiseAt: 0.8, clearBelow: 0.75, holdMs: 60_000, calmMs: 60_000 },
  { name: 'critical', raiseAt: 0.9, clearBelow: 0.85, holdMs: 10_000, calmMs: 60_000 },
  // At 95 % the kernel begins to evict, so a saturated table swings between there and its limit.
  { name: 'saturated', raiseAt: 1, clearBelow: 0.95, holdMs: 0, calmMs: 30_000 },
] as const satisfies readonly AlarmRule[];

export type AlarmName = (typeof ALARM_RULES)[number]['name'];

export type Alarm =
  | { readonly state: 'quiet' }
  | { readonly state: 'pending' | 'firing'; readonly sinceMs: number }
  | { readonly state: 'calming'; readonly sinceMs: number; readonly calmSinceMs: number };

export type Pressure = { readonly pressure: number; readonly atMs: number };

/** What the alarm becomes after one sample. */
export function nextAlarm(rule: AlarmRule, alarm: Alarm, { pressure, atMs }: Pressure): Alarm {
  switch (alarm.state) {
    case 'quiet':
      return pressure >= rule.raiseAt
        ? nextAlarm(rule, { state: 'pending', sinceMs: atMs }, { pressure, atMs })
        : alarm;
    case 'pending':
      if (pressure < rule.raiseAt) return { state: 'quiet' };
      return atMs - alarm.sinceMs >= rule.holdMs ? { state: 'firing', sinceMs: atMs } : alarm;
    case 'firing':
      return pressure < rule.clearBelow ? { state: 'calming', sinceMs: alarm.sinceMs, calmSinceMs: atMs } : alarm;
    case 'calming':
      if (pressure >= rule.clearBelow) return { state: 'firing', sinceMs: alarm.sinceMs };
      return atMs - alarm.calmSinceMs >= rule.calmMs ? { state: 'quiet' } : alarm;
  }
}

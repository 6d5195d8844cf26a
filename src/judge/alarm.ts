/** What an alarm looks at: each is 1 where the worst begins. */
export type Evidence = {
  /** Usage of the table, or at least 1 while packets are refused for want of room. */
  readonly usage: number;
  /** `HORIZON_SECONDS` over the time until the table is full: 1 when that is the horizon, more when it is nearer. */
  readonly urgency: number;
};

/** The time it takes a person to be woken, to look and to act. */
export const HORIZON_SECONDS = 900;

/** Where a table counts as high; a healthy one may work up to here. */
export const HIGH_USAGE = 0.9;
/** Where the kernel begins to evict entries before their time (net/netfilter/nf_conntrack_core.c, gc_worker). */
export const EVICTION_USAGE = 0.95;

/** What the rules look at, each made of the evidence: 1 is where the worst begins. */
const MARKS = {
  usage: ({ usage }) => usage,
  urgency: ({ urgency }) => urgency,
  /** At the mark where the kernel evicts, or high and full before a person could act. */
  nearness: ({ usage, urgency }) => Math.max(usage / EVICTION_USAGE, Math.min(usage / HIGH_USAGE, urgency)),
} as const satisfies Record<string, (evidence: Evidence) => number>;

/** Each clears lower than it is raised and only after a calm, or a table that hovers at the mark would flap all night. */
export type AlarmRule = {
  readonly name: string;
  readonly on: keyof typeof MARKS;
  readonly raiseAt: number;
  readonly clearBelow: number;
  /** How long the evidence must stand before the alarm is raised. */
  readonly holdMs: number;
  /** How long it must stay below the clearing mark. */
  readonly calmMs: number;
};

/** The marks are those of alerts/conntrack.rules.yaml; a test holds the two together. */
export const ALARM_RULES = [
  { name: 'warning', on: 'usage', raiseAt: HIGH_USAGE, clearBelow: 0.85, holdMs: 120_000, calmMs: 300_000 },
  { name: 'critical', on: 'nearness', raiseAt: 1, clearBelow: 0.94, holdMs: 10_000, calmMs: 120_000 },
  // At 95 % the kernel begins to evict, so a saturated table swings between there and its limit.
  { name: 'saturated', on: 'usage', raiseAt: 1, clearBelow: EVICTION_USAGE, holdMs: 0, calmMs: 30_000 },
  { name: 'filling', on: 'urgency', raiseAt: 1, clearBelow: 0.5, holdMs: 30_000, calmMs: 120_000 },
] as const satisfies readonly AlarmRule[];

export type AlarmName = (typeof ALARM_RULES)[number]['name'];

export type Alarm =
  | { readonly state: 'quiet' }
  | { readonly state: 'pending' | 'firing'; readonly sinceMs: number }
  | { readonly state: 'calming'; readonly sinceMs: number; readonly calmSinceMs: number };

/** What the alarm becomes after one sample. */
export function nextAlarm(rule: AlarmRule, alarm: Alarm, evidence: Evidence, atMs: number): Alarm {
  const value = MARKS[rule.on](evidence);
  switch (alarm.state) {
    case 'quiet':
      return value >= rule.raiseAt ? nextAlarm(rule, { state: 'pending', sinceMs: atMs }, evidence, atMs) : alarm;
    case 'pending':
      if (value < rule.raiseAt) return { state: 'quiet' };
      return atMs - alarm.sinceMs >= rule.holdMs ? { state: 'firing', sinceMs: atMs } : alarm;
    case 'firing':
      return value < rule.clearBelow ? { state: 'calming', sinceMs: alarm.sinceMs, calmSinceMs: atMs } : alarm;
    case 'calming':
      if (value >= rule.clearBelow) return { state: 'firing', sinceMs: alarm.sinceMs };
      return atMs - alarm.calmSinceMs >= rule.calmMs ? { state: 'quiet' } : alarm;
  }
}

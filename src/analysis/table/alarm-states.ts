import type { AlarmInputs, AlarmRow } from '../../model/alarms/alarm.ts';
import { ALARM_ROWS, type AlarmId } from '../../model/alarms/alarms.ts';
import type { Thresholds } from '../../model/alarms/thresholds.ts';
import type { AlarmStatus } from '../../model/status.ts';

/** `sinceMs` is when it began to be pending or to fire, `clearSinceMs` when it began to resolve. */
export type Alarm =
  | { readonly state: 'inactive' }
  | { readonly state: 'pending' | 'firing'; readonly sinceMs: number }
  | { readonly state: 'resolving'; readonly sinceMs: number; readonly clearSinceMs: number };

export const INACTIVE: Alarm = { state: 'inactive' };

type Rule = Pick<AlarmRow, 'raise' | 'clear' | 'pendingMs' | 'keepFiringMs'>;

/** State of the alarm after one sample; undefined where its inputs are not known. */
export function nextAlarm(
  rule: Rule,
  alarm: Alarm,
  inputs: AlarmInputs,
  thresholds: Thresholds,
  atMs: number,
): Alarm | undefined {
  const isRaised = rule.raise(inputs, thresholds);
  if (isRaised === undefined) return undefined;
  switch (alarm.state) {
    case 'inactive':
      return isRaised ? pending(rule, atMs, atMs) : alarm;
    case 'pending':
      return isRaised ? pending(rule, alarm.sinceMs, atMs) : INACTIVE;
    case 'firing':
    case 'resolving': {
      const { sinceMs } = alarm;
      if (isRaised || !rule.clear(inputs, thresholds))
        return alarm.state === 'firing' ? alarm : { state: 'firing', sinceMs };
      const clearSinceMs = alarm.state === 'resolving' ? alarm.clearSinceMs : atMs;
      const isOver = atMs - clearSinceMs >= rule.keepFiringMs;
      return isOver ? INACTIVE : { state: 'resolving', sinceMs, clearSinceMs };
    }
  }
}

function pending({ pendingMs }: Rule, sinceMs: number, atMs: number): Alarm {
  return atMs - sinceMs >= pendingMs ? { state: 'firing', sinceMs: atMs } : { state: 'pending', sinceMs };
}

function isFiring(alarm: Alarm): alarm is Extract<Alarm, { state: 'firing' | 'resolving' }> {
  return alarm.state === 'firing' || alarm.state === 'resolving';
}

/** `raised` counts how often it has begun to fire; `isKnown` is false while its inputs are not known. */
type Judged = { readonly alarm: Alarm; readonly raised: number; readonly isKnown: boolean };

/** The states of all alarms. */
export class AlarmStates {
  readonly #alarms = new Map<AlarmId, Judged>(
    ALARM_ROWS.map(({ id }) => [id, { alarm: INACTIVE, raised: 0, isKnown: false }]),
  );

  judge(inputs: AlarmInputs, thresholds: Thresholds, atMs: number): void {
    for (const row of ALARM_ROWS) {
      const before = this.#alarms.get(row.id)!;
      const next = nextAlarm(row, before.alarm, inputs, thresholds, atMs);
      const alarm = next ?? before.alarm;
      const isKnown = next !== undefined;
      if (alarm === before.alarm && isKnown === before.isKnown) continue;
      const hasBegun = isFiring(alarm) && !isFiring(before.alarm);
      this.#alarms.set(row.id, { alarm, raised: before.raised + Number(hasBegun), isKnown });
    }
  }

  /** Of those whose inputs are known. */
  statuses(): Map<AlarmId, AlarmStatus> {
    const known = [...this.#alarms].filter(([, { isKnown }]) => isKnown);
    return new Map(
      known.map(([id, { alarm, raised }]) => {
        const firingSinceMs = isFiring(alarm) ? alarm.sinceMs : undefined;
        return [id, { state: alarm.state, firingSinceMs, raised }];
      }),
    );
  }
}

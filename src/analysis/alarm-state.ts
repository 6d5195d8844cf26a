import type { AlarmInputs } from '../model/alarm-inputs.ts';
import type { AlarmRow } from '../model/alarm-row.ts';
import type { Thresholds } from '../model/thresholds.ts';

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

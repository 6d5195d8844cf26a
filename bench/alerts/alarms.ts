import { ALARM_ROWS } from '../../src/model/alarms/alarms.ts';
import { isFiring, type Status } from '../../src/model/status.ts';

/** Whether an alarm wakes a person. */
export const isCritical = (alarm: string): boolean =>
  ALARM_ROWS.some(({ id, severity }) => id === alarm && severity === 'critical');

/** Names of the alarms that are firing. */
export function firingAlarms({ alarms }: Status): string[] {
  return [...alarms].flatMap(([name, alarm]) => (isFiring(alarm) ? [name] : []));
}

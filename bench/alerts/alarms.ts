import type { Status } from '../../src/judge/table-judge.ts';

/** All that the benchmark knows of the agent's alarms stands in this file. */

/** Alarms that wake a person, under the names of today and those of the table of alarms that replaces them. */
const CRITICAL = ['critical', 'saturated', 'table_full', 'table_nearly_full'];

export const isCritical = (alarm: string): boolean => CRITICAL.includes(alarm);

/** Names of the alarms that are firing; none while the agent has nothing to judge by. */
export function firingAlarms({ alarms }: Status): string[] {
  return [...(alarms ?? [])].flatMap(([name, { isRaised }]) => (isRaised ? [name] : []));
}

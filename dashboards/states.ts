/** State of a node: the worst of its alarms that is active, in the words and the order of the table of alarms. */
import { ALARM_ROWS } from '../src/model/alarms.ts';
import { CRITICAL, QUIET, WARNING } from './colours.ts';
import { between } from './fields.ts';
import { isAnswering, usagePeak } from './table-series.ts';

/** `series` is 1 for the nodes in this state; 0 or absent for the others. */
export type State = {
  readonly label: string;
  readonly colour: string;
  readonly series: (selector: string) => string;
};

const ALARM_STATES = ALARM_ROWS.map(({ id, label, severity }) => ({
  label,
  severity,
  colour: severity === 'critical' ? CRITICAL : WARNING,
  series: (selector: string) => `conntrack_alarm_active{alarm="${id}", ${selector}}`,
}));

/** A node that does not answer may be one whose table is full. */
const NOT_WATCHED: State = {
  label: 'not watched',
  colour: WARNING,
  series: (selector) => `(1 - (${isAnswering(selector)} == 0))`,
};

const having = (wanted: 'critical' | 'warning') => ALARM_STATES.filter(({ severity }) => severity === wanted);

/** Worst last: the place in this list, counted from 1, is the number that stands for the state. */
export const STATES: readonly State[] = [...having('critical'), NOT_WATCHED, ...having('warning')].reverse();

export const FIRST_CRITICAL = STATES.findIndex(({ colour }) => colour === CRITICAL) + 1;

/** Number of a node's state, 0 where all is well. Alarms stay apart until `max`, since `or` keeps one of two like series. */
function stateOf(selector: string): string {
  const numbers = STATES.map(({ series }, i) => `${series(selector)} * ${i + 1}`);
  return `max by (cluster, node) (${numbers.join(' or ')})`;
}

/** That number, and behind the point how full the table was at its worst: sorts nodes by state, then by usage. */
export function stateAndUsage(selector: string): string {
  const state = stateOf(selector);
  return `(${state} + on (cluster, node) clamp_max(${usagePeak(selector)}, 0.99)) or ${state}`;
}

/** Words and colours for stateAndUsage(). */
export const STATE_MAPPINGS = [{ label: 'ok', colour: QUIET }, ...STATES].map(({ label, colour }, index) =>
  between(index, index + 0.9999, label, colour, index),
);

/** State of a node: the worst of its alarms that is active, in the words and the order of the table of alarms. */
import type { Severity } from '../src/model/alarms/alarm.ts';
import { ALARM_ROWS, type AlarmId } from '../src/model/alarms/alarms.ts';
import { CRITICAL, QUIET, WARNING } from './colours.ts';
import { between } from './fields.ts';
import { isAnswering, usagePeak } from './table-series.ts';

export type State = {
  readonly label: string;
  readonly colour: string;
  /** Undefined where Prometheus knows it and no agent. */
  readonly alarm: AlarmId | undefined;
};

const COLOURS = { critical: CRITICAL, warning: WARNING } as const;

/** A node that does not answer may be one whose table is full. */
const NOT_WATCHED: State = { label: 'not watched', colour: WARNING, alarm: undefined };

const having = (wanted: Severity): State[] =>
  ALARM_ROWS.filter(({ severity }) => severity === wanted).map(({ id, label, severity }) => {
    return { label, colour: COLOURS[severity], alarm: id };
  });

/** Worst last: the place in this list, counted from 1, is the number that stands for the state. */
export const STATES: readonly State[] = [...having('critical'), NOT_WATCHED, ...having('warning')].reverse();

export const FIRST_CRITICAL = STATES.findIndex(({ colour }) => colour === CRITICAL) + 1;

/** A series of the number of each alarm's state, by the label `alarm`. */
const NUMBERS = STATES.flatMap(({ alarm }, i) =>
  alarm === undefined ? [] : [`label_replace(vector(${i + 1}), "alarm", "${alarm}", "", "")`],
).join(' or ');

/** Number of a node's state, 0 where all is well. What is not active is left out first: of many nodes the rest would cost a second. */
function stateOf(selector: string): string {
  const ofAlarms = `(conntrack_alarm_active{${selector}} == 1) * on (alarm) group_left () (${NUMBERS})`;
  const ofAgents = `(1 - ${isAnswering(selector)}) * ${STATES.indexOf(NOT_WATCHED) + 1}`;
  return `max by (cluster, node) (${ofAlarms} or ${ofAgents})`;
}

/** That number, and behind the point how full the table was at its worst: sorts nodes by state, then by usage. */
export function stateAndUsage(selector: string): string {
  const usage = `clamp_max(${usagePeak(selector)}, 0.99) or 0 * ${isAnswering(selector)}`;
  return `${stateOf(selector)} + on (cluster, node) (${usage})`;
}

/** Words and colours for stateAndUsage(). */
export const STATE_MAPPINGS = [{ label: 'ok', colour: QUIET }, ...STATES].map(({ label, colour }, index) =>
  between(index, index + 0.9999, label, colour, index),
);

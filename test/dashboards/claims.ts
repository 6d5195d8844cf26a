/** What a panel must show of a fleet, by the scripts of its nodes alone. */
import { STATES } from '../../dashboards/states.ts';
import { type Expected, lostBetween, sumOf } from '../../simulator/expected.ts';
import { worstExpectedAlarm } from '../../simulator/expected-alarms.ts';
import type { Cause, SimulatedNode } from '../../simulator/timeline.ts';
import { ALARM_ROWS } from '../../src/model/alarms/alarms.ts';

export type PanelClaim = {
  readonly panel: string;
  readonly refId: string;
  readonly by: readonly string[];
  readonly expected: ReadonlyMap<string, number>;
  readonly tolerance?: number;
  /** Of the answer, which need not all be claimed. */
  readonly only?: boolean;
};

export type Scene = {
  readonly nodes: readonly SimulatedNode[];
  /** The nodes' time. */
  readonly seconds: number;
  /** Seconds of the nodes in one of Prometheus, and how many of these a rate looks back. */
  readonly speed: number;
  readonly rateSeconds: number;
};

/** Of an answer without labels. */
export const one = (value: number | undefined): ReadonlyMap<string, number> =>
  new Map(value === undefined ? [] : [['', value]]);

/** Number of a node's state in dashboards/states.ts. */
export function stateOf({ scenario, isUp }: Pick<Expected, 'scenario' | 'isUp'>): number {
  const worst = worstExpectedAlarm(scenario);
  const label = isUp ? ALARM_ROWS.find(({ id }) => id === worst)?.label : 'not watched';
  return STATES.findIndex((state) => state.label === label) + 1;
}

export const CAUSE_OF: Readonly<Record<string, Cause>> = {
  A: 'room',
  B: 'evicted',
  C: 'races',
  J: 'chains',
};

/** The same of "What else is counted?". */
export const ALSO_COUNTED_OF: Readonly<Record<string, Cause>> = { A: 'invalid', B: 'natCollisions' };

/** Packets a second of Prometheus. */
export function rateOf({ seconds, speed, rateSeconds }: Scene, nodes: readonly SimulatedNode[], cause: Cause): number {
  const from = Math.max(0, seconds - rateSeconds * speed);
  return sumOf(nodes.map((node) => lostBetween(node, from, seconds, cause)))! / rateSeconds;
}

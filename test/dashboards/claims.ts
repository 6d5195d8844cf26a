/** What a panel must show of a fleet, by the scripts of its nodes alone. */
import { lostBetween, sumOf } from '../fleet/expected.ts';
import type { CastNode, Cause } from '../fleet/script.ts';

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
  readonly nodes: readonly CastNode[];
  /** The nodes' time. */
  readonly seconds: number;
  /** Seconds of the nodes in one of Prometheus, and how many of these a rate looks back. */
  readonly speed: number;
  readonly rateSeconds: number;
};

/** Of an answer without labels. */
export const one = (value: number | undefined): ReadonlyMap<string, number> =>
  new Map(value === undefined ? [] : [['', value]]);

/**
 * Place of a role's alert in dashboards/states.ts; roles that earn none are not here. Nor is the leak: its alert takes minutes of a past
 * that a fleet which lives for half a minute does not have.
 */
export const STATE_OF_ROLE: Readonly<Record<string, number>> = {
  saturated: 10,
  flood: 10,
  'agent-down': 6,
  'foreign-namespace': 5,
  races: 4,
  chains: 3,
  invalid: 2,
  'limit-lowered': 1,
};

export const CAUSE_OF: Readonly<Record<string, Cause>> = {
  A: 'room',
  B: 'evicted',
  C: 'races',
  D: 'chains',
};

/** The same of "What else is counted?". */
export const ODDITY_OF: Readonly<Record<string, Cause>> = { A: 'invalid', B: 'natCollisions' };

/** Packets a second of Prometheus. */
export function rateOf({ seconds, speed, rateSeconds }: Scene, nodes: readonly CastNode[], cause: Cause): number {
  const from = Math.max(0, seconds - rateSeconds * speed);
  return sumOf(nodes.map((node) => lostBetween(node, from, seconds, cause)))! / rateSeconds;
}

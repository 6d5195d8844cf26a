/** What happens to a node, as data and functions of its time. Nothing here remembers anything. */
import type { Shape } from './shape.ts';
import { isWithin, secondsWithin, type Window } from './window.ts';

/** Why a packet is lost, or nearly: what the kernel counts. */
export const CAUSES = [
  'room',
  'races',
  'chains',
  'invalid',
  'evicted',
  'clashes',
  'icmpErrors',
  'searchRestarts',
  'natCollisions',
] as const;
export type Cause = (typeof CAUSES)[number];

/** So many packets a second, always or within a window. */
export type Loss = { readonly cause: Cause; readonly perSecond: number; readonly during?: Window };

export type Script = {
  /** Entries as a share of `limit`. */
  readonly usage: Shape;
  readonly losses: readonly Loss[];
  /** Nobody answers for the node. */
  readonly agentAway?: Window;
  /** The limit is half of what it was. */
  readonly limitHalved?: Window;
};

/** A node of the fleet. */
export type CastNode = {
  readonly name: string;
  readonly cluster: string;
  readonly role: string;
  /** Folder under test/fixtures/nodes whose kernel it runs. */
  readonly kernel: string;
  readonly cpus: number;
  readonly limit: number;
  readonly buckets: number;
  readonly script: Script;
  /** Number of the node in the fleet; its pods have addresses made of it. */
  readonly index: number;
  /** Whom a flow sample finds, if one is taken. */
  readonly flows: FlowMix | undefined;
};

/** Who fills the table above the everyday level of `everyday`, a share of the limit. */
export type FlowMix = { readonly culprit: Culprit | undefined; readonly everyday: number };
export type Culprit = 'idle-connections' | 'syn-flood' | 'dns-storm';

/** What is true of the table. */
export type Freshness = {
  readonly entries: number;
  readonly limit: number;
  /** Packets since second 0. */
  readonly lost: Readonly<Record<Cause, number>>;
};

export function momentOf(node: CastNode, t: number): Freshness {
  return { entries: entriesOf(node, t), limit: limitOf(node, t), lost: lostBy(node.script, t) };
}

export function entriesOf({ script, limit }: Pick<CastNode, 'script' | 'limit'>, t: number): number {
  return Math.max(0, Math.round(script.usage(t) * limit));
}

export function limitOf({ script, limit }: Pick<CastNode, 'script' | 'limit'>, t: number): number {
  return script.limitHalved !== undefined && isWithin(script.limitHalved, t) ? limit / 2 : limit;
}

export function isAgentAway({ agentAway }: Script, t: number): boolean {
  return agentAway !== undefined && isWithin(agentAway, t);
}

function lostBy({ losses }: Script, t: number): Record<Cause, number> {
  const lost = { ...NOTHING };
  for (const { cause, perSecond, during } of losses) {
    lost[cause] += perSecond * (during === undefined ? t : secondsWithin(during, t));
  }
  for (const cause of CAUSES) lost[cause] = Math.floor(lost[cause]);
  return lost;
}

const NOTHING = Object.fromEntries(CAUSES.map((cause) => [cause, 0])) as Record<Cause, number>;

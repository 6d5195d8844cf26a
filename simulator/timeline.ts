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

export type Timeline = {
  /** Entries as a share of `limit`. */
  readonly usage: Shape;
  readonly losses: readonly Loss[];
  /** No agent answers for the node. */
  readonly agentDown?: Window;
  /** The limit is half of what it was. */
  readonly limitHalved?: Window;
};

/** A node of the fleet. */
export type SimulatedNode = {
  readonly name: string;
  readonly cluster: string;
  readonly scenario: string;
  /** Folder under test/fixtures/nodes whose kernel it runs. */
  readonly kernel: string;
  readonly cpus: number;
  readonly limit: number;
  readonly buckets: number;
  readonly timeline: Timeline;
  /** Number of the node in the fleet; its pods have addresses made of it. */
  readonly index: number;
  /** What a flow sample finds; undefined where none is taken. */
  readonly flows: FlowMix | undefined;
};

/** What fills the table above `baseline`, a share of the limit. */
type FlowMix = { readonly surge: Surge | undefined; readonly baseline: number };
export type Surge = 'idle-connections' | 'syn-flood' | 'dns-storm';

/** What is true of the table. */
export type TableState = {
  readonly entries: number;
  readonly limit: number;
  /** Packets since second 0. */
  readonly lost: Readonly<Record<Cause, number>>;
};

export function tableAt(node: SimulatedNode, t: number): TableState {
  return { entries: entriesAt(node, t), limit: limitAt(node, t), lost: lossesAt(node.timeline, t) };
}

export function entriesAt({ timeline, limit }: Pick<SimulatedNode, 'timeline' | 'limit'>, t: number): number {
  return Math.max(0, Math.round(timeline.usage(t) * limit));
}

export function limitAt({ timeline, limit }: Pick<SimulatedNode, 'timeline' | 'limit'>, t: number): number {
  return timeline.limitHalved !== undefined && isWithin(timeline.limitHalved, t) ? limit / 2 : limit;
}

export function isAgentDown({ agentDown }: Timeline, t: number): boolean {
  return agentDown !== undefined && isWithin(agentDown, t);
}

function lossesAt({ losses }: Timeline, t: number): Record<Cause, number> {
  const lost = { ...NO_LOSSES };
  for (const { cause, perSecond, during } of losses) {
    lost[cause] += perSecond * (during === undefined ? t : secondsWithin(during, t));
  }
  for (const cause of CAUSES) lost[cause] = Math.floor(lost[cause]);
  return lost;
}

const NO_LOSSES = Object.fromEntries(CAUSES.map((cause) => [cause, 0])) as Record<Cause, number>;

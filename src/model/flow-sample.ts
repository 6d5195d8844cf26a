import type { DestinationLabel, Family, SourceLabel } from './address.ts';
import type { Share } from './share.ts';
import type { SnatPortsUsed } from './snat-ports.ts';
import type { TimeoutEffect, WhatIf } from './timeout-effect.ts';

/** A /24 of IPv4 or a /64 of IPv6, as `10.0.1.0/24`. */
export type PrefixLabel = { readonly family: Family; readonly prefix: string };

export type Ranking<Label> = {
  /** Highest first. */
  readonly top: readonly (Label & Share)[];
  /** All flows that are not of a key above, together. */
  readonly other: Share;
  /** Keys seen; undefined when there were more than the ranking holds. */
  readonly keys: number | undefined;
  /**
   * How much too low a count may be, because there were more keys than the ranking holds; 0 when every key was counted.
   * The intervals include it.
   */
  readonly missed: number;
};

/** What a flow sample ranks. */
export const RANKINGS = ['source', 'destination', 'prefix', 'state'] as const;
export type RankingName = (typeof RANKINGS)[number];

/**
 * Flows of one family, protocol and state. The state is the kernel's own name in lower case, `offloaded` where a flow
 * table hides it, and for protocols without states `replied` or `unreplied`. Protocols nobody tracks are `other`.
 */
export type StateTotal = { readonly family: Family; readonly protocol: string; readonly state: string } & Share;

/** Established TCP flows that have not seen a packet for at least so long. */
export type IdleTotal = { readonly overSeconds: number } & Share;

/**
 * Why a dump did not read every flow exactly once: `--flows.sample-size` was reached, the hash was resized meanwhile, the
 * kernel reported missing or repeated parts, or it listed far fewer flows than it counts.
 */
export type IncompleteReason = 'budget' | 'resized' | 'interrupted' | 'short';

/** Which flows fill the table, from one dump of them. */
export type FlowSample = {
  /** Flows read. */
  readonly read: number;
  /**
   * Flows in the table, without entries that have expired; shares are scaled to it. Undefined when it is not known and not all
   * were read.
   */
  readonly entries: number | undefined;
  /**
   * Entries besides these that had expired: the kernel counts them until its garbage collector removes them, within a minute.
   * Undefined when it is not known.
   */
  readonly expired?: number | undefined;
  /** Every flow was read; the intervals then cover only what a full ranking missed. */
  readonly isComplete: boolean;
  /** Undefined when it is complete. */
  readonly incompleteReason?: IncompleteReason | undefined;

  readonly unreplied: Share;
  /** Not IPS_ASSURED: what the kernel may evict when the table is full. */
  readonly unassured: Share;
  /** Source or destination NAT, or both. */
  readonly nat: Share;
  readonly sourceNat: Share;
  readonly destinationNat: Share;
  readonly offloaded: Share;

  /** Most flows first. Rows after the fortieth are added up as `other` of their family. */
  readonly states: readonly StateTotal[];
  /** Shortest time first; undefined where the timeout of established TCP flows is not known, or may have been raised meanwhile. */
  readonly idle: readonly IdleTotal[] | undefined;
  /** The longest idle time of any flow read; undefined when `idle` is, and when no flow can be judged. */
  readonly longestIdleSeconds: number | undefined;
  /** Each timeout that is known and whose entries a listing tells. */
  readonly timeouts: readonly TimeoutEffect[];
  /** Of the shorter timeouts that were asked for. */
  readonly whatIf?: WhatIf;

  readonly sources: Ranking<SourceLabel>;
  readonly destinations: Ranking<DestinationLabel>;
  readonly prefixes: Ranking<PrefixLabel>;
  /** Where the ports of source NAT are used the most, highest share first; without the flows of the node itself. */
  readonly snatPorts: readonly SnatPortsUsed[];
  /** Flows of protocols without ports that source NAT translates, most first: two of one destination cannot share an address. */
  readonly snatWithoutPorts?: readonly ({ readonly protocol: string } & Share)[];
};

/** How the dump of the flows ended. */
export type FlowSampleEnd = {
  readonly isComplete: boolean;
  readonly incompleteReason?: IncompleteReason | undefined;
  /** Flows in the part of the hash that the kernel had gone through by then; undefined: those that were read. */
  readonly walked?: number | undefined;
  /** Entries of the table before and after. */
  readonly entriesBefore: number | undefined;
  readonly entriesAfter: number | undefined;
};

/** A flow sample, with when and how it was taken. */
export type TakenFlowSample = {
  readonly flowSample: FlowSample;
  /** nf_conntrack_max at the time. */
  readonly limit: number | undefined;
  /** See unlistedOf(). */
  readonly unlisted: number | undefined;
  readonly durationSeconds: number;
  /** When it ended, milliseconds of the monotonic clock. */
  readonly endedMs: number;
};

/**
 * Entries that the kernel counts and no listing shows: unconfirmed, clashing and dying ones. Undefined when
 * the dump stopped early or the count is not known. The lower of both counts is used, so that growth during the dump does not count as unlisted.
 */
export function unlistedOf(
  { isComplete, incompleteReason, entriesBefore, entriesAfter }: FlowSampleEnd,
  read: number,
): number | undefined {
  const isListed = isComplete || incompleteReason === 'short';
  if (!isListed || entriesBefore === undefined || entriesAfter === undefined) return undefined;
  return Math.max(0, Math.min(entriesBefore, entriesAfter) - read);
}

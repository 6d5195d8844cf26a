import type { Timeout } from './reading.ts';
import { type DestinationLabel, type Family, type SourceLabel, serviceText } from './text/address.ts';
import { percent } from './text/numbers.ts';

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

/** Who opens flows, as a share of all new flows. */
export type Opener<Label> = Label & Pick<Share, 'share' | 'low' | 'high'> & { readonly perSecond: number };

export type Openers<Label> = {
  /** Most new flows first. */
  readonly top: readonly Opener<Label>[];
  /** New flows a second of all others together. */
  readonly otherPerSecond: number;
};

/** The new flows of one window of time, as the kernel told of them. */
export type NewFlows = {
  readonly windowSeconds: number;
  /** Flows the kernel told of. */
  readonly heard: number;
  /** Flows it had no room to tell of. They are in the rate, and the shares are of those it told of. */
  readonly lost: number;
  readonly perSecond: number;
  /** 95 % interval of the rate: what chance makes of as many arrivals. */
  readonly low: number;
  readonly high: number;
  readonly sources: Openers<SourceLabel>;
  readonly destinations: Openers<DestinationLabel>;
};

/** New flows, and when they were counted. */
export type CountedNewFlows = {
  readonly newFlows: NewFlows;
  /** When the window ended, milliseconds of the monotonic clock. */
  readonly endedMs: number;
};

/** Whether the new flows of now explain the entries of now. */
type LevelConclusion = 'agrees' | 'more_entries' | 'fewer_entries';

/** New flows a second times the mean time that an entry stays, against the entries there are (Little's law). */
export type Level = {
  readonly perSecond: number;
  /** By the states of the entries and the timeouts of these. */
  readonly meanResidenceSeconds: number;
  readonly expected: number;
  /** Entries that only a timeout ends. The others are open connections, which no rate explains. */
  readonly shortLived: number;
  readonly longLived: number;
  readonly conclusion: LevelConclusion;
};

/** A share of the table's flows. */
export type Share = {
  /** Flows of this kind among those read; the least it can be where a ranking is not exact. */
  readonly read: number;
  /** `read` as part of all that were read, 0 to 1; 0 for an empty table. */
  readonly share: number;
  /** 95 % interval of the share in the whole table. Both are the share itself when every flow was read and counted. */
  readonly low: number;
  readonly high: number;
  /** The share of the table's entries; undefined when their number is not known and not all were read. */
  readonly flows: number | undefined;
};

/** Ports that source NAT uses from one address to one destination, as part of those it can use. */
export type SnatPortsUsed = {
  /** The address that the sources are translated to. */
  readonly address: string;
  /** Where the flows go in the end, after destination NAT. */
  readonly destination: string;
  /** Of the destination. */
  readonly port: number;
  readonly protocol: string;
  readonly family: Family;
  /** Ports in use; scaled to the table where not all flows were read. */
  readonly used: number;
  /**
   * Ports of connections in TIME_WAIT that are not among `used`, since a new connection may take them over (Linux 6.5); left out
   * where the kernel does not do that.
   */
  readonly timeWait?: number | undefined;
  /** Ports that can be used, an estimate: see docs/insert-failures.md. */
  readonly usable: number;
  /** `used` of `usable`, 0 to 1, and its 95 % interval; one point where every flow was read. */
  readonly share: number;
  readonly low: number;
  readonly high: number;
};

/** `10.0.0.5 to 192.0.2.1:443/tcp, 64 % of the ports` */
export function portsText({ address, destination, share, ...service }: SnatPortsUsed): string {
  const to = serviceText({ ...service, address: destination });
  return `${address} to ${to}, ${percent(share)} of the ports`;
}

/** A timeout by its sysctl without `nf_conntrack_`: `tcp_timeout_time_wait`, `udp_timeout`. */
export function timeoutName({ protocol, state }: Pick<Timeout, 'protocol' | 'state'>): string {
  return `${protocol}_timeout${state === 'default' ? '' : `_${state}`}`;
}

/** The entries that a shorter value would not keep: idle for longer than that. */
export type ShorterTimeout = { readonly seconds: number } & Share;

/** A destination whose entry has been idle for so long. */
export type LongestIdle = DestinationLabel & { readonly idleSeconds: number };

/** What one timeout keeps in the table, and what shorter values would keep. */
export type TimeoutEffect = Timeout & {
  /** Entries whose timer this timeout sets. */
  readonly entries: Share;
  /** Longest first; those asked for, else the usual ones. */
  readonly shorter: readonly ShorterTimeout[];
  /** Longest first, each destination once. An entry idle for that long may be dead, or an application that pauses for so long. */
  readonly longestIdle: readonly LongestIdle[];
  /**
   * Where the timeout seems to have been raised from this value meanwhile: how long entries with no more than this left have been idle is not
   * known, and they are in the intervals alone.
   */
  readonly raisedFrom?: number;
};

/** What all the values asked for would free together, and what would be left. */
export type WhatIf = {
  readonly freed: Share;
  /** Undefined when the number of entries is not known. The interval also allows for what chance makes of equal traffic. */
  readonly left: { readonly entries: number; readonly low: number; readonly high: number } | undefined;
};

/** A timeout with the one shorter value that is best known for it, or was asked for. */
export type RankedTimeout = Omit<TimeoutEffect, 'shorter'> & { readonly shorter: ShorterTimeout };

/** All timeouts, first the one whose shortest value would free most. */
export function rankedTimeouts(effects: readonly TimeoutEffect[]): RankedTimeout[] {
  const rows = effects.flatMap(({ shorter, ...effect }) => {
    const shortest = shorter.at(-1);
    return shortest === undefined ? [] : [{ ...effect, shorter: shortest }];
  });
  return rows.sort((a, b) => b.shorter.read - a.shorter.read || b.shorter.high - a.shorter.high);
}

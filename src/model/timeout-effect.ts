import type { DestinationLabel } from './address.ts';
import type { Timeout } from './reading.ts';
import type { Share } from './share.ts';

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

/** What the kernel said at one instant. Everything downstream works from these values; nothing downstream reads the kernel. */

/** Ways a part of a reading can reach us. */
export type Via = 'sysctl' | 'procfs' | 'ctnetlink';

/** How one source did. `problem` is set when it is broken, not when it is merely absent. */
export type SourceReport = {
  readonly source: SourceName;
  readonly via: Via;
  readonly up: boolean;
  readonly durationSeconds: number;
  readonly problem?: Error;
};

export const SOURCES = ['entries', 'limit', 'buckets', 'timeouts', 'counters'] as const;
export type SourceName = (typeof SOURCES)[number];

/** Counters of one CPU under the names /proc prints, as raw unsigned 32-bit values. */
export type CpuRow = ReadonlyMap<string, number>;

export type Timeout = { readonly protocol: string; readonly state: string; readonly seconds: number };

/** Count and limit alone: what the sampler takes ten times a second. */
export type Sample = {
  /** Monotonic clock, so that a clock step cannot fake a rate. */
  readonly atMs: number;
  /** Entries in the table, `nf_conntrack_count`; undefined while the file is absent or broken. */
  readonly entries: number | undefined;
  /** `nf_conntrack_max`; 0 meant "unlimited" on old kernels. */
  readonly limit: number | undefined;
};

/** All the cheap sources. */
export type Reading = Sample & {
  readonly buckets: number | undefined;
  readonly timeouts: readonly Timeout[];
  /** One row per possible CPU, ascending; undefined where no source tells. */
  readonly counters: readonly CpuRow[] | undefined;
  readonly sources: readonly SourceReport[];
};

/** A duration to the microsecond: what is finer is noise. */
export function secondsBetween(startMs: number, endMs: number): number {
  return Math.round((endMs - startMs) * 1000) / 1e6;
}

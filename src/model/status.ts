import type { AlarmInputs } from './alarms/alarm.ts';
import type { AlarmId } from './alarms/alarms.ts';
import type { CloudStatus } from './cloud-allowance.ts';
import { EVICTION_USAGE } from './kernel.ts';
import type { CounterName, TableSample } from './reading.ts';

/** Sums over the CPUs, 64 bits wide (exact up to 2^53), under the kernel's names. */
export type CounterTotals = ReadonlyMap<CounterName, number>;

/**
 * Share of the limit in use; above 1 is legal (the kernel counts an entry before it checks, and lowering the limit
 * evicts no entry). Undefined without both numbers, and for a limit of 0, which meant "unlimited" on old kernels.
 */
export function usageOf({ entries, limit }: Pick<TableSample, 'entries' | 'limit'>): number | undefined {
  return entries === undefined || limit === undefined || limit === 0 ? undefined : entries / limit;
}

/** `resolving`: the alarm ends unless its condition returns. */
export type AlarmState = 'inactive' | 'pending' | 'firing' | 'resolving';

export type AlarmStatus = {
  readonly state: AlarmState;
  /** When it began to fire; undefined while it does not. */
  readonly firingSinceMs: number | undefined;
  /** How often it has begun to fire since the agent started. */
  readonly raised: number;
};

/** The state of the table, judged from the readings so far. A member is undefined where it is not known. */
export type Status = Pick<AlarmInputs, 'usage' | 'limit' | 'peak' | 'isDropping' | 'kubeProxyLimit'> & {
  readonly atMs: number;
  readonly entries: number | undefined;
  readonly growthPerSecond: number | undefined;
  /** Infinity when the table is not filling, 0 when it is full. */
  readonly secondsUntilFull: number | undefined;
  readonly counters: CounterTotals | undefined;
  /** Packets dropped because the table was full, since the agent started. */
  readonly tableFullDrops: number | undefined;
  /** The same with the packets for which there was no entry although the table had headroom. */
  readonly dropsByCause: DropsByCause | undefined;
  /** Insertions that failed since the agent started, by cause, as far as it is clear by now; undefined where the kernel counts none. */
  readonly insertFailures: InsertFailures | undefined;
  /** Undefined where no interface tells of a cloud's allowance. */
  readonly cloud: CloudStatus | undefined;
  readonly inputs: AlarmInputs;
  /** Only alarms that can be judged: one that is missing here is not known to be inactive. */
  readonly alarms: ReadonlyMap<AlarmId, AlarmStatus>;
};

/** Firing until it is inactive again, resolving included. */
export function isFiring(alarm: AlarmStatus | undefined): boolean {
  return alarm?.state === 'firing' || alarm?.state === 'resolving';
}

/**
 * Why no entry was made for a packet, insert failures aside: the kernel adds all four to `drop`. `tracker`: the tracker of its
 * protocol refused it (nf_conntrack_in counts such a packet as `invalid` too). Only a full table is helped by a higher limit.
 */
export const DROP_CAUSES = ['table_full', 'tracker', 'memory', 'unknown'] as const;
export type DropCause = (typeof DROP_CAUSES)[number];

/** Packets, in total or within some time. */
export type DropsByCause = Readonly<Record<DropCause, number>>;

export const NO_DROPS: DropsByCause = { table_full: 0, tracker: 0, memory: 0, unknown: 0 };

/** Those that happened while the table had headroom. */
export function dropsBelowLimit({ tracker, memory, unknown }: DropsByCause): number {
  return tracker + memory + unknown;
}

/** Below this share of it the kernel, which may not wait for memory here, is likely to be refused an entry. */
const SHORT_SHARE = 0.02;

/** Whether the memory of the node is so short that it may have been missing for an entry. */
export function isShortOfMemory(memory: { readonly totalBytes: number; readonly availableBytes: number }): boolean {
  return memory.availableBytes < SHORT_SHARE * memory.totalBytes;
}

/**
 * Why an entry could not be inserted into a table that is not full, chains that are too long aside. `race`: another packet
 * came first. `snat_ports`: source NAT found no free port, so that the flow's addresses and ports are another's already.
 * `nat_without_ports`: NAT had no port to choose, since the protocol has none or the rule names one or two.
 * The kernel counts both alike; docs/insert-failures.md says how they are told apart.
 */
export const INSERT_FAILURE_CAUSES = ['race', 'snat_ports', 'nat_without_ports', 'unknown'] as const;
export type InsertFailureCause = (typeof INSERT_FAILURE_CAUSES)[number];

/** Packets lost to each, in total or within some time. */
export type InsertFailures = Readonly<Record<InsertFailureCause, number>>;

export const NO_INSERT_FAILURES: InsertFailures = { race: 0, snat_ports: 0, nat_without_ports: 0, unknown: 0 };

/**
 * The kernel adds what a full table drops to `drop`, with others that `DropCauses` tells from them, and packets lost to insert failures; those are in
 * `insert_failed` too, together with insertions that failed because of a long chain (`chainlength`, since 5.15), which are not in `drop`.
 * Below 0 where the CPUs were read between two increments.
 * @param dropHasInsertFailures see `readDropHasInsertFailures()`
 */
export function tableFullDrops(counters: CounterTotals, dropHasInsertFailures = true): number | undefined {
  const drop = counters.get('drop');
  const failures = dropHasInsertFailures ? insertFailures(counters) : 0;
  return drop === undefined || failures === undefined ? undefined : drop - failures;
}

/** Insertions that failed for another reason than a long chain. */
export function insertFailures(counters: CounterTotals): number | undefined {
  const failed = counters.get('insert_failed');
  return failed === undefined ? undefined : Math.max(0, failed - (counters.get('chainlength') ?? 0));
}

/** Usage at every sample as a histogram: how often it was at most each bound. */
export type UsageCounts = {
  readonly buckets: readonly { readonly upTo: number; readonly samples: number }[];
  readonly samples: number;
  readonly sum: number;
};

/** Whether the kernel may have dropped new flows or evicted entries within the peak window, for it does neither below. */
export function wasAtLimit({ peak, limit }: Pick<Status, 'peak' | 'limit'>): boolean {
  return peak !== undefined && limit !== undefined && limit > 0 && peak >= EVICTION_USAGE * limit;
}

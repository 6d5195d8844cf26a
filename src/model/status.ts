import type { AlarmInputs } from './alarm-inputs.ts';
import type { AlarmId } from './alarms.ts';
import type { CloudStatus } from './cloud-allowance.ts';
import type { DropsByCause } from './drop-causes.ts';
import type { InsertFailures } from './insert-failures.ts';
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
export type Status = {
  readonly atMs: number;
  readonly entries: number | undefined;
  readonly limit: number | undefined;
  readonly usage: number | undefined;
  /** Highest number of entries in the trailing window. */
  readonly peak: number | undefined;
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
  /** Whether there were drops of a full table in the last three seconds; undefined where the kernel's counters do not tell. */
  readonly isDropping: boolean | undefined;
  /** What the limit will be after the next start of kube-proxy, by its settings. */
  readonly kubeProxyLimit: number | undefined;
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

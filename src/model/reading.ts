/** What was read from the kernel at one instant. Analysis, metrics and pages work from these values alone. */

/** Where a part of a reading can come from. */
export type Via = 'sysctl' | 'procfs' | 'ctnetlink';

/** Whether one source could be read. `problem` is set when it is broken, not when it is merely absent. */
export type SourceReport = {
  readonly source: SourceName;
  readonly via: Via;
  readonly up: boolean;
  readonly durationSeconds: number;
  readonly problem?: Error;
};

export const SOURCES = ['entries', 'limit', 'buckets', 'timeouts', 'counters'] as const;
export type SourceName = (typeof SOURCES)[number];

/**
 * The counters that tell of losses and of their causes, under the names /proc/net/stat/nf_conntrack prints; each kernel has some
 * of them. It prints as many more, which no alarm, panel or advice uses: constants of 0 for ten years, and expectations.
 */
export const COUNTER_NAMES = [
  'clashres',
  'found',
  'invalid',
  'chainlength',
  'insert_failed',
  'drop',
  'early_drop',
  'icmp_error',
  'search_restart',
] as const;
export type CounterName = (typeof COUNTER_NAMES)[number];

/** Counters of one CPU, as raw unsigned 32-bit values. */
export type CpuRow = ReadonlyMap<CounterName, number>;

export type Timeout = { readonly protocol: string; readonly state: string; readonly seconds: number };

/** Count and limit, which are sampled ten times a second. */
export type TableSample = {
  /** Monotonic clock: a step of the wall clock would show up as a rate. */
  readonly atMs: number;
  /** Entries in the table, `nf_conntrack_count`; undefined while the file is absent or broken. */
  readonly entries: number | undefined;
  /** `nf_conntrack_max`; 0 meant "unlimited" on old kernels. */
  readonly limit: number | undefined;
};

/** All the cheap sources. */
export type Reading = TableSample & {
  readonly buckets: number | undefined;
  readonly timeouts: readonly Timeout[];
  /** One row per possible CPU, ascending; undefined where no source has them. */
  readonly counters: readonly CpuRow[] | undefined;
  readonly sources: readonly SourceReport[];
};

/** A duration rounded to microseconds. */
export function secondsBetween(startMs: number, endMs: number): number {
  return Math.round((endMs - startMs) * 1000) / 1e6;
}

/** What this process uses, in base units; what cannot be read is undefined. */
export type ProcessUsage = {
  readonly cpuSeconds: number;
  readonly residentBytes: number | undefined;
  /** What V8 lets its heap grow to, the young generation included. */
  readonly heapLimitBytes: number;
  /** Seconds since the epoch. */
  readonly startTimeSeconds: number;
  readonly openDescriptors: number | undefined;
  /** The soft limit, which is the one that counts. */
  readonly maxDescriptors: number | undefined;
};

/** Whose process it is. Both are undefined for a process of the node itself; a container need not belong to a pod. */
export type PodCgroup = {
  /** With dashes, as Kubernetes writes it; of a static pod the hash of its manifest, 32 digits without dashes. */
  readonly podUid: string | undefined;
  /** As the runtime writes it, 64 hex digits; of several containers in a pod the one of this process. */
  readonly containerId: string | undefined;
};

/** What runs in a network namespace. */
export type NetnsOwner = PodCgroup & {
  /** Whether it is the node's own, where pods with hostNetwork are too. */
  readonly isNode: boolean;
  /** Names of programs inside, each once; of the node's own that of PID 1 alone. */
  readonly programs: readonly string[];
};

export type NetnsEntries = NetnsOwner & {
  /** Inode of /proc/PID/net/dev: one per namespace (fs/proc/generic.c, proc_register), unique while the namespace lives. */
  readonly inode: number;
  /** The process whose files were read. */
  readonly pid: number;
  readonly entries: number;
};

/** Sources without which the state of the table is not known. */
export const VITAL_SOURCES: readonly string[] = ['entries', 'limit'];

/**
 * Whether anything of connection tracking shows: a file that is there, broken ones included. False while the module is not loaded. That
 * ctnetlink refuses to answer proves nothing.
 */
export function isModuleLoaded(
  reports: readonly { readonly up: boolean; readonly problem?: unknown; readonly via?: string }[],
): boolean {
  return reports.some(({ up, problem, via }) => up || (problem !== undefined && via !== 'ctnetlink'));
}

/** Which flow timeouts are read and exported. */
export const TIMEOUT_SETS = ['common', 'all', 'none'] as const;

export type TimeoutSet = (typeof TIMEOUT_SETS)[number];

/** Those that decide how full a table is, and that anybody changes: the advice of doctor and the runbooks are about these. */
const COMMON: ReadonlySet<string> = new Set([
  'tcp established',
  'tcp close_wait',
  'tcp time_wait',
  'tcp syn_sent',
  'udp default',
  'udp stream',
]);

/** Whether the timeout of a protocol and state is in the set. */
export function isInTimeoutSet(set: TimeoutSet, { protocol, state }: { protocol: string; state: string }): boolean {
  return set === 'all' || (set === 'common' && COMMON.has(`${protocol} ${state}`));
}

import type { FlowSample } from '../../model/flow-sample.ts';
import type { CounterTotals } from '../../model/status.ts';
import type { Thresholds } from '../../model/thresholds.ts';

/** Seconds without a packet after which an entry of this protocol and state is removed. */
export type FlowTimeout = { readonly protocol: string; readonly state: string; readonly seconds: number };

export type Problem = { readonly message: string; readonly remedy?: string };

/** How one source did: `problem` is set when it is broken, not when it is merely absent. */
export type SourceSnapshot = {
  readonly source: string;
  readonly via: string;
  readonly up: boolean;
  readonly problem?: Problem;
};

export type FlowSampleSnapshot = {
  /** Who holds the entries; undefined when nobody asked, nobody may, or it went wrong. */
  readonly flowSample: FlowSample | undefined;
  /** What went wrong with it. */
  readonly flowSampleProblem: Problem | undefined;
};

/** What one look at a node found out, all that advice is made of. A member is undefined where nothing could tell. */
export type Snapshot = FlowSampleSnapshot & {
  /** Between the first reading and the last; the numbers below are of the last where nothing else is said. */
  readonly snapshotSeconds: number;
  /** Those of the agent's alarms. */
  readonly thresholds: Thresholds;
  readonly moduleIsLoaded: boolean;
  readonly entries: number | undefined;
  readonly limit: number | undefined;
  readonly buckets: number | undefined;
  /** Highest count of the look. */
  readonly peak: number | undefined;
  readonly timeouts: readonly FlowTimeout[];
  readonly counters: CounterSnapshot | undefined;
  readonly memory: { readonly totalBytes: number; readonly availableBytes: number } | undefined;
  /** CPUs that are online. */
  readonly cpus: number | undefined;
  readonly kernel: { readonly text: string; readonly major: number; readonly minor: number } | undefined;
  readonly uptimeSeconds: number | undefined;
  readonly netns: { readonly inHostNetns: boolean | undefined; readonly why: string };
  readonly sources: readonly SourceSnapshot[];
  /** False when the operator turned the counters off. */
  readonly countersAreWanted: boolean;
  readonly hasNetAdmin: boolean;
};

/** Under the kernel's own names, summed over the CPUs; only those the running kernel has. */
export type CounterSnapshot = {
  /** As the kernel holds them, in 32 bits a CPU: since boot, or since the last wrap. */
  readonly sinceBoot: CounterTotals;
  /** Growth over the look. */
  readonly grown: CounterTotals;
  /** Packets dropped because the table was full, an estimate; undefined where the kernel does not tell. */
  readonly tableFullDropsSinceBoot: number | undefined;
  readonly tableFullDrops: number | undefined;
};

export function timeoutOf({ timeouts }: Snapshot, protocol: string, state: string): number | undefined {
  return timeouts.find((timeout) => timeout.protocol === protocol && timeout.state === state)?.seconds;
}

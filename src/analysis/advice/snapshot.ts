import type { AlarmId } from '../../model/alarms/alarms.ts';
import type { Thresholds } from '../../model/alarms/thresholds.ts';
import type { CloudStatus } from '../../model/cloud-allowance.ts';
import type { Datapath } from '../../model/datapath.ts';
import type { FlowSample } from '../../model/flows.ts';
import type { KubeProxySettings } from '../../model/kube-proxy.ts';
import type { Timeout } from '../../model/reading.ts';
import type { AlertmanagerReport, ScraperReport } from '../../model/scrapers.ts';
import { type CounterTotals, type DropsByCause, type InsertFailures, usageOf } from '../../model/status.ts';
import type { AlarmJson } from '../../model/status-json.ts';

export type Problem = { readonly message: string; readonly remedy?: string };

/** Whether one source could be read. `problem` is set when it is broken, not when it is merely absent. */
export type SourceSnapshot = {
  readonly source: string;
  readonly via: string;
  readonly up: boolean;
  readonly problem?: Problem;
};

export type FlowSampleSnapshot = {
  /** Undefined when none was asked for, without CAP_NET_ADMIN, and when it failed. */
  readonly flowSample: FlowSample | undefined;
  /** Why it failed. */
  readonly flowSampleProblem: Problem | undefined;
};

/** What the running agent knows: who watches the node, and which alarms are active. */
export type WatcherSnapshot = {
  readonly scrapers: readonly ScraperReport[];
  readonly alertmanagers: readonly AlertmanagerReport[];
  readonly alarms?: readonly AlarmJson[];
};

/** One look of `doctor` at a node, from which all advice is made. A member is undefined where it could not be read. */
export type Snapshot = FlowSampleSnapshot & {
  /** Time between the first reading and the last; the numbers below are of the last unless stated otherwise. */
  readonly snapshotSeconds: number;
  /** Those of the agent's alarms. */
  readonly thresholds: Thresholds;
  readonly moduleIsLoaded: boolean;
  readonly entries: number | undefined;
  readonly limit: number | undefined;
  readonly buckets: number | undefined;
  /** What not even root can change here, as on a node that is a container; undefined where that is not known. */
  readonly isReadOnly?: { readonly limit: boolean; readonly buckets: boolean } | undefined;
  /** Highest count between the first reading and the last. */
  readonly peak: number | undefined;
  readonly timeouts: readonly Timeout[];
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
  /** What kube-proxy tells of itself; undefined where it was not asked or did not answer. */
  readonly kubeProxy: KubeProxySettings | undefined;
  /** Why it did not answer, with each address where it was asked; undefined where it did or was not asked. */
  readonly kubeProxyProblem?: Problem | undefined;
  /** `dropped` is what was dropped during the look. */
  readonly cloud: CloudStatus | undefined;
  readonly datapath: Datapath | undefined;
  /** Undefined where no agent answers. */
  readonly watchers: WatcherSnapshot | undefined;
  /** Why the agent did not answer; undefined where it did, and where none was looked for. */
  readonly agentProblem?: Problem | undefined;
};

/** Under the kernel's own names, summed over the CPUs; only those the running kernel has. */
export type CounterSnapshot = {
  /** As the kernel holds them, in 32 bits a CPU: since boot, or since the last wrap. */
  readonly sinceBoot: CounterTotals;
  /** Growth between the first reading and the last. */
  readonly grown: CounterTotals;
  /** Packets for which there was no entry, insert failures aside: since boot it cannot be told what the cause was. */
  readonly tableFullDropsSinceBoot: number | undefined;
  /** Those dropped because the table was full, an estimate; undefined where the kernel lacks a counter. */
  readonly tableFullDrops: number | undefined;
  /** Between the first reading and the last. */
  readonly dropsByCause: DropsByCause | undefined;
  /** Insertions that failed between the first reading and the last, by cause; undefined where the kernel counts none. */
  readonly insertFailures: InsertFailures | undefined;
};

export function timeoutOf({ timeouts }: Snapshot, protocol: string, state: string): number | undefined {
  return timeouts.find((timeout) => timeout.protocol === protocol && timeout.state === state)?.seconds;
}

export const SEVERITIES = ['critical', 'warning', 'ok'] as const;

export type Severity = (typeof SEVERITIES)[number];

/** One setting that would help; `key` as sysctl takes it. */
export type Sysctl = { readonly key: string; readonly value: number };

/** One finding about a node: what it is, the numbers behind it, what it means, and what to do. */
export type Advice = {
  /** Stable, for tests and runbooks. */
  readonly id: string;
  readonly severity: Severity;
  /** A sentence without its period. */
  readonly title: string;
  /** The numbers behind it, one line each. */
  readonly seen: readonly string[];
  /** Empty where the title suffices. */
  readonly meaning: string;
  /** Actions the reader can take, most helpful first. */
  readonly remedy: readonly string[];
  readonly sysctls: readonly Sysctl[];
  /** The alarm on the same condition, then those that it implies: none of them is reported again. */
  readonly alarms?: readonly AlarmId[];
};

/** The rest of a finding that is only a fact. */
export const NOTHING_TO_DO = { meaning: '', remedy: [], sysctls: [] } as const satisfies Partial<Advice>;

/** Below it a low limit, idle connections and a table that was once full need no remedy yet. */
const BUSY_USAGE = 0.5;

export function isBusy({ peak, limit }: Snapshot): boolean {
  return (usageOf({ entries: peak, limit }) ?? 0) >= BUSY_USAGE;
}

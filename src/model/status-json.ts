import type { LossCause } from './alarms/loss-causes.ts';
import type { CloudDeviceStatus } from './cloud-allowance.ts';
import type { Datapath } from './datapath.ts';
import type { Level } from './flows.ts';
import type { AlertmanagerReport, ScraperReport } from './scrapers.ts';
import type { DropsByCause } from './status.ts';

/** The answers of /api/v1, from which the status page is made. What is not known is left out; times are in seconds, numbers in entries or packets. */

export type ProblemJson = { readonly message: string; readonly remedy?: string | undefined };

export type SourceJson = {
  readonly source: string;
  readonly via: string;
  readonly up: boolean;
  readonly durationSeconds: number;
  readonly problem?: ProblemJson | undefined;
};

export type AlarmJson = {
  readonly alarm: string;
  /** As Alertmanager and the Prometheus rules call it. */
  readonly alertname: string;
  readonly severity: 'critical' | 'warning';
  /** State of the node in a few words. */
  readonly label: string;
  /** Completes the sentence that begins with the node's name. */
  readonly summary: string;
  readonly forSeconds: number;
  /** Its condition no longer holds, and the alarm ends unless it returns. */
  readonly isResolving: boolean;
  readonly runbookUrl: string;
};

/** Flows of one address or service, as a share of the table with its 95 % interval. */
export type TopFlowJson = {
  readonly address: string;
  readonly flows?: number | undefined;
  readonly share: number;
  readonly low: number;
  readonly high: number;
};

export type FlowSampleJson =
  | { readonly state: 'off' | 'waiting'; readonly error: string; readonly remedy?: string | undefined }
  | {
      readonly state: 'taken';
      readonly ageSeconds: number;
      readonly read: number;
      readonly isComplete: boolean;
      /** Why the latest flow sample failed, when an older one is shown. */
      readonly problem?: ProblemJson | undefined;
      readonly sources: readonly TopFlowJson[];
      readonly destinations: readonly TopFlowJson[];
      /** The three timeouts that would free most if they were shorter, most first. */
      readonly timeouts: readonly TimeoutJson[];
    };

/** What a shorter timeout would free, as a share of the table with its 95 % interval. */
export type TimeoutJson = Omit<TopFlowJson, 'address'> & {
  /** The sysctl without `nf_conntrack_`. */
  readonly timeout: string;
  readonly seconds: number;
  readonly shorterSeconds: number;
  /** The longest that an entry of it has been idle, and where to. */
  readonly longestIdle?: { readonly destination: string; readonly seconds: number } | undefined;
};

/** New flows a second of one address or service, as a share of all new flows with its 95 % interval. */
export type OpenerJson = {
  readonly address: string;
  readonly perSecond: number;
  readonly share: number;
  readonly low: number;
  readonly high: number;
};

export type NewFlowsJson =
  | { readonly state: 'off' }
  | { readonly state: 'waiting'; readonly problem?: ProblemJson | undefined }
  | {
      readonly state: 'counted';
      readonly ageSeconds: number;
      readonly windowSeconds: number;
      /** Flows of the window that the kernel had no room to tell of; they are in the rate. */
      readonly lost: number;
      readonly perSecond: number;
      readonly low: number;
      readonly high: number;
      readonly sources: readonly OpenerJson[];
      readonly destinations: readonly OpenerJson[];
      /** Whether the rate explains the entries; undefined without a flow sample. */
      readonly level?: Level | undefined;
    };

/** What the cloud still tracks for the instance. */
export type CloudJson = {
  readonly devices: readonly CloudDeviceStatus[];
  /** The lowest of the devices: they tell of one allowance. */
  readonly available?: number | undefined;
  /** Null while it does not shrink. */
  readonly secondsUntilExceeded?: number | null | undefined;
  /** Packets. */
  readonly droppedLastMinute?: number | undefined;
};

/** What kube-proxy tells of itself. */
type KubeProxyJson = {
  readonly mode?: string | undefined;
  readonly version?: string | undefined;
  readonly maxPerCore: number;
  readonly min: number;
  /** The limit after its next start. */
  readonly limitAfterStart?: number | undefined;
};

export type LossJson = Omit<LossReport, 'summary'>;

export type StatusJson = {
  /** Rises when a member changes its meaning or is removed, not when one is added. */
  readonly version: 1;
  readonly node: string;
  /** Wall clock of the node, ISO 8601 in UTC. */
  readonly at: string;
  readonly agent: { readonly version: string; readonly revision: string };
  readonly summary: Summary;
  readonly table: {
    readonly entries?: number | undefined;
    readonly limit?: number | undefined;
    readonly buckets?: number | undefined;
    /** Entries as part of the limit; above 1 is legal. */
    readonly usage?: number | undefined;
    readonly peak?: number | undefined;
    readonly peakWindowSeconds: number;
    readonly growthPerSecond?: number | undefined;
    /** Null when the table is not filling, JSON having no infinity. */
    readonly secondsUntilFull?: number | null | undefined;
    /** Left out where the kernel's counters do not tell. */
    readonly isDropping?: boolean | undefined;
    readonly timeAbove?: TimeAbove | undefined;
  };
  readonly losses: {
    readonly tableFullDrops?: number | undefined;
    /** Packets for which there was no entry; only those of the first cause were dropped by a full table. */
    readonly dropsByCause?: DropsByCause | undefined;
    readonly causes?: readonly LossJson[] | undefined;
    readonly counters?: Readonly<Record<string, number>> | undefined;
  };
  /** Left out where no network driver tells it. */
  readonly cloud?: CloudJson | undefined;
  /** Left out where it is not asked or does not answer. */
  readonly kubeProxy?: KubeProxyJson | undefined;
  /** Why it did not answer the last time, with each address where it was asked. */
  readonly kubeProxyProblem?: ProblemJson | undefined;
  /** Left out where nothing shows. */
  readonly datapath?: Datapath | undefined;
  readonly timeouts: readonly { readonly protocol: string; readonly state: string; readonly seconds: number }[];
  /** Those that fire, worst first. */
  readonly alarms: readonly AlarmJson[];
  readonly memory?: unknown;
  readonly netns?: { readonly inHostNetns?: boolean | undefined; readonly why: string } | undefined;
  readonly sources: readonly SourceJson[];
  readonly flowSample: FlowSampleJson;
  /** Who scraped within the hour, those first that would stop while the table is full. */
  readonly scrapers?: readonly ScraperReport[] | undefined;
  /** Left out without --alertmanager.url. */
  readonly alertmanagers?: readonly AlertmanagerReport[] | undefined;
  readonly newFlows: NewFlowsJson;
};

/** One number a second, oldest first; null where nothing is known. */
export type HistoryJson = {
  readonly version: 1;
  readonly node: string;
  /** Wall clock at the end. */
  readonly at: string;
  readonly resolutionSeconds: 1;
  /** The last second, on a monotonic clock, by which two answers of one agent can be aligned. */
  readonly endSecond: number;
  readonly entries: readonly (number | null)[];
  readonly limit: readonly (number | null)[];
  readonly peak: readonly (number | null)[];
  /** Packets dropped because the table was full. */
  readonly dropped: readonly (number | null)[];
};

/** Whether the numbers are another network namespace's and not the node's. */
export function isForeign({ netns }: Pick<StatusJson, 'netns'>): boolean {
  return netns?.inHostNetns === false;
}

/** Parts of a status as a person reads them and as the JSON API returns them. */

/** What to do where the table is another namespace's. */
export const FOREIGN_REMEDY = 'Set hostNetwork: true in the pod, or run the agent outside of any network namespace';

/** `not_loaded`: this kernel tracks no connections. `no_data`: it may, but the agent cannot read it. */
export type SummaryLevel = 'ok' | 'warning' | 'critical' | 'no_data' | 'not_loaded';

/** One line on the state of the node, for the person on call. */
export type Summary = { readonly level: SummaryLevel; readonly text: string };

/** Losses of one cause, in packets; in entries for evictions. */
export type LossReport = Pick<LossCause, 'id' | 'label' | 'sentence' | 'summary' | 'remedy'> & {
  /** Mean of the last ten seconds. */
  readonly perSecond: number;
  readonly lastMinute: number;
  /** Of the last hour, or of as much of it as the slice holds. */
  readonly lastHour: number;
  /** More was lost in the last minute than on a healthy node. */
  readonly isAboveBaseline: boolean;
};

export type TimeAbove = {
  /** Seconds in which count and limit are known. */
  readonly seconds: number;
  /** Part of them, 0 to 1, in which usage was above that at some moment. */
  readonly shares: readonly { readonly usage: number; readonly share: number }[];
};

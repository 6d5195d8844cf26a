import type { Thresholds } from '../model/alarms/thresholds.ts';
import type { Datapath } from '../model/datapath.ts';
import type { CountedNewFlows, TakenFlowSample } from '../model/flows.ts';
import type { NetnsEntries, ProcessUsage, Reading } from '../model/reading.ts';
import type { AlertmanagerReport } from '../model/scrapers.ts';
import type { Status, UsageCounts } from '../model/status.ts';

export type BuildInfo = { readonly version: string; readonly revision: string; readonly nodeVersion: string };

/** The last flow sample and the counts of those that were not taken. */
export type FlowSampleSource = {
  /** Undefined before the first flow sample. */
  readonly taken: TakenFlowSample | undefined;
  readonly ageSeconds: number | undefined;
  /** By reason; holds every reason from the start. */
  readonly skipped: ReadonlyMap<string, number>;
  readonly failures: number;
};

/** The last window in which new flows were counted. */
export type NewFlowSource = {
  /** Undefined before the first window, and after one that failed. */
  readonly counted: CountedNewFlows | undefined;
  readonly ageSeconds: number | undefined;
  readonly lost: number;
  readonly failures: number;
};

/** State of the agent itself. */
type AgentSource = {
  /** Undefined where it cannot be found out. */
  readonly inHostNetns: boolean | undefined;
  readonly samples: number;
  /** Undefined until the sampler has run. */
  readonly sampleLagSeconds: number | undefined;
};

/** Everything that a scrape shows, read and judged beforehand. An undefined member belongs to a subsystem that is off or unknown. */
export type Publication = {
  readonly build: BuildInfo;
  readonly thresholds: Thresholds;
  readonly reading: Reading;
  readonly status: Status;
  /** Undefined before the first sample: empty buckets would look like a table that is never full. */
  readonly usage: UsageCounts | undefined;
  readonly agent: AgentSource;
  readonly process: ProcessUsage;
  /** By kind of connection; holds every kind from the start. */
  readonly scrapes?: ReadonlyMap<string, number> | undefined;
  /** By outcome; holds every outcome from the start. */
  readonly notifications?: ReadonlyMap<string, number> | undefined;
  readonly alertmanagers?: readonly AlertmanagerReport[] | undefined;
  readonly flowSample?: FlowSampleSource | undefined;
  readonly newFlows?: NewFlowSource | undefined;
  readonly fullest?: readonly NetnsEntries[] | undefined;
  readonly datapath?: Datapath | undefined;
};

export type Series<Label extends string = string> = {
  readonly labels: Readonly<Record<Label, string>>;
  /** Undefined leaves the series out. */
  readonly value: number | undefined;
  /** Appended to the name of the family: `_bucket`, `_sum`, and `_count` of a histogram. */
  readonly suffix?: string;
};

/** A metric family: the exposition, the tables in docs, and the tests all iterate over values of this type. */
export type Family = {
  readonly name: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** The series to expose; does no I/O. */
  readonly series: (publication: Publication) => readonly Series[];
};

/** A family whose series have exactly the labels of its list. */
export function family<const Labels extends readonly string[]>(
  row: Omit<Family, 'labels' | 'series'> & {
    readonly labels: Labels;
    readonly series: (publication: Publication) => readonly Series<Labels[number]>[];
  },
): Family {
  return row;
}

/** The one series of a family without labels. */
export function single(value: number | undefined): readonly Series<never>[] {
  return [{ labels: {}, value }];
}

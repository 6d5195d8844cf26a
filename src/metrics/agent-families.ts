import type { ProcessUsage, SourceReport } from '../model/reading.ts';
import type { AlertmanagerReport } from '../model/scrapers.ts';
import type { Family, Scalar, Series } from './family.ts';

/** State of the agent itself. */
export type AgentSource = {
  /** Undefined where it cannot be found out. */
  readonly inHostNetns: boolean | undefined;
  readonly samples: number;
  /** Undefined until the sampler has run. */
  readonly sampleLagSeconds: number | undefined;
};

export const AGENT = [
  {
    name: 'conntrack_agent_in_host_netns',
    type: 'gauge',
    help: "1 when the agent is in the node's network namespace; 0: the numbers are not the node's",
    value: ({ inHostNetns }) => (inHostNetns === undefined ? undefined : Number(inHostNetns)),
  },
  {
    name: 'conntrack_agent_samples_total',
    type: 'counter',
    help: 'Times the sampler looked at the table',
    value: ({ samples }) => samples,
  },
  {
    name: 'conntrack_agent_sample_lag_seconds',
    type: 'gauge',
    help: 'How late the latest sample of the trailing peak window was at worst',
    value: ({ sampleLagSeconds }) => sampleLagSeconds,
  },
] as const satisfies readonly Scalar<AgentSource>[];

export const BUILD_INFO = {
  name: 'conntrack_agent_build_info',
  type: 'gauge',
  labels: ['version', 'revision', 'nodejs_version'],
  help: 'Always 1; its labels say what is running',
} as const;

export const SOURCE_UP = {
  name: 'conntrack_agent_source_up',
  type: 'gauge',
  labels: ['source', 'via'],
  help: '1 when this part of the last reading could be had this way',
} as const;

export function sourceUpSeries(sources: readonly SourceReport[]): Series<'source' | 'via'>[] {
  return sources.map(({ source, via, up }) => ({ labels: { source, via }, value: up ? 1 : 0 }));
}

/** Notifications by outcome, with every outcome from the start; undefined without an Alertmanager. */
export type NotificationCounts = ReadonlyMap<string, number> | undefined;

export const NOTIFICATIONS = {
  name: 'conntrack_agent_notifications_total',
  type: 'counter',
  labels: ['outcome'],
  help: 'Posts of alerts to an Alertmanager, by outcome; empty lists, which keep the connection open, count where they are not delivered; absent without --alertmanager.url',
} as const satisfies Family;

/** Without an Alertmanager there is no series, so the family is left out. */
export function notificationSeries(counts: NotificationCounts): Series<'outcome'>[] {
  return Array.from(counts ?? [], ([outcome, value]) => ({ labels: { outcome }, value }));
}

export const ALERTMANAGER_CONNECTED = {
  name: 'conntrack_agent_alertmanager_connected',
  type: 'gauge',
  labels: ['url'],
  help: '1 while a connection to this Alertmanager is open, so that an alert can be sent while the table is full; absent without --alertmanager.url',
} as const satisfies Family;

export function alertmanagerSeries(reports: readonly AlertmanagerReport[] | undefined): Series<'url'>[] {
  return (reports ?? []).map(({ url, isConnected }) => ({ labels: { url }, value: Number(isConnected) }));
}

export const ALERTMANAGER_LAST_POST = {
  name: 'conntrack_agent_alertmanager_last_post_success',
  type: 'gauge',
  labels: ['url'],
  help: '1 when this Alertmanager took the last post, be it an empty list, and refuses no alert; 0: alerts are not delivered; absent before the first post',
} as const satisfies Family;

export function lastPostSeries(reports: readonly AlertmanagerReport[] | undefined): Series<'url'>[] {
  return (reports ?? []).flatMap(({ url, lastPost }) =>
    lastPost === undefined ? [] : [{ labels: { url }, value: Number(lastPost.isDelivered) }],
  );
}

/** Scrapes by kind of connection, with every kind from the start; undefined where it is not known who scrapes. */
export type ScrapeCounts = ReadonlyMap<string, number> | undefined;

export const SCRAPES = {
  name: 'conntrack_agent_scrapes_total',
  type: 'counter',
  labels: ['connection'],
  help: 'Scrapes before this one: over a connection that was kept, over a new one, which a full table does not let in, or over the unix socket',
} as const satisfies Family;

export function scrapeSeries(counts: ScrapeCounts): Series<'connection'>[] {
  return Array.from(counts ?? [], ([connection, value]) => ({ labels: { connection }, value }));
}

/** What the agent needs of its machine; those of `process_` under the names every Prometheus client uses. */
export const PROCESS = [
  {
    name: 'conntrack_agent_heap_limit_bytes',
    type: 'gauge',
    help: 'What the heap of the agent may grow to; beyond it the agent ends and says so',
    value: ({ heapLimitBytes }) => heapLimitBytes,
  },
  {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'User and system CPU time spent by the agent',
    value: ({ cpuSeconds }) => cpuSeconds,
  },
  {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    help: 'Resident memory of the agent',
    value: ({ residentBytes }) => residentBytes,
  },
  {
    name: 'process_start_time_seconds',
    type: 'gauge',
    help: 'Start of the agent in seconds since the epoch',
    value: ({ startTimeSeconds }) => startTimeSeconds,
  },
  {
    name: 'process_open_fds',
    type: 'gauge',
    help: 'File descriptors the agent has open',
    value: ({ openDescriptors }) => openDescriptors,
  },
  {
    name: 'process_max_fds',
    type: 'gauge',
    help: 'File descriptors the agent may have open',
    value: ({ maxDescriptors }) => maxDescriptors,
  },
] as const satisfies readonly Scalar<ProcessUsage>[];

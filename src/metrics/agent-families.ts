import { type Family, family, single } from './family.ts';

/** The agent itself: its build, its sources, whose table it reads, and its connections. */
export const AGENT_FAMILIES: readonly Family[] = [
  family({
    name: 'conntrack_agent_build_info',
    type: 'gauge',
    help: 'Always 1; its labels say what is running',
    labels: ['version', 'revision', 'nodejs_version'],
    series: ({ build: { version, revision, nodeVersion } }) => [
      { labels: { version, revision, nodejs_version: nodeVersion }, value: 1 },
    ],
  }),
  family({
    name: 'conntrack_agent_source_up',
    type: 'gauge',
    help: '1 when this part of the last reading could be had this way',
    labels: ['source', 'via'],
    series: ({ reading }) =>
      reading.sources.map(({ source, via, up }) => ({ labels: { source, via }, value: Number(up) })),
  }),
  family({
    name: 'conntrack_agent_in_host_netns',
    type: 'gauge',
    help: "1 when the agent is in the node's network namespace; 0: the numbers are not the node's",
    labels: [],
    series: ({ agent: { inHostNetns } }) => single(inHostNetns === undefined ? undefined : Number(inHostNetns)),
  }),
  family({
    name: 'conntrack_agent_samples_total',
    type: 'counter',
    help: 'Times the sampler looked at the table',
    labels: [],
    series: ({ agent }) => single(agent.samples),
  }),
  family({
    name: 'conntrack_agent_sample_lag_seconds',
    type: 'gauge',
    help: 'How late the latest sample of the trailing peak window was at worst',
    labels: [],
    series: ({ agent }) => single(agent.sampleLagSeconds),
  }),
  family({
    name: 'conntrack_agent_datapath_info',
    type: 'gauge',
    help: "Always 1; its labels say what carries the pods' connections, as far as any user may see: nf_conntrack (the table), bpf, mixed or unknown",
    labels: ['cni', 'proxy', 'carries'],
    series: ({ datapath }) => {
      if (datapath === undefined) return [];
      const { cni, proxy, carries } = datapath;
      return [{ labels: { cni, proxy, carries }, value: 1 }];
    },
  }),
  family({
    name: 'conntrack_agent_scrapes_total',
    type: 'counter',
    help: 'Scrapes before this one: over a connection that was kept, over a new one, which a full table does not let in, or over the unix socket',
    labels: ['connection'],
    series: ({ scrapes }) => countSeries('connection', scrapes),
  }),
  family({
    name: 'conntrack_agent_notifications_total',
    type: 'counter',
    help: 'Posts of alerts to an Alertmanager, by outcome; empty lists, which keep the connection open, count where they are not delivered; absent without --alertmanager.url',
    labels: ['outcome'],
    series: ({ notifications }) => countSeries('outcome', notifications),
  }),
  family({
    name: 'conntrack_agent_alertmanager_connected',
    type: 'gauge',
    help: '1 while a connection to this Alertmanager is open, so that an alert can be sent while the table is full; absent without --alertmanager.url',
    labels: ['url'],
    series: ({ alertmanagers = [] }) =>
      alertmanagers.map(({ url, isConnected }) => ({ labels: { url }, value: Number(isConnected) })),
  }),
  family({
    name: 'conntrack_agent_alertmanager_last_post_success',
    type: 'gauge',
    help: '1 when this Alertmanager took the last post, be it an empty list, and refuses no alert; 0: alerts are not delivered; absent before the first post',
    labels: ['url'],
    series: ({ alertmanagers = [] }) =>
      alertmanagers.map(({ url, lastPost }) => ({ labels: { url }, value: lastPost && Number(lastPost.isDelivered) })),
  }),
];

/** A series for each key of the map; none where nothing counts. */
function countSeries<Label extends string>(label: Label, counts: ReadonlyMap<string, number> | undefined) {
  return Array.from(counts ?? [], ([key, value]) => ({ labels: { [label]: key } as Record<Label, string>, value }));
}

/** What the agent needs of its machine; those of `process_` under the names every Prometheus client uses. */
export const PROCESS_FAMILIES: readonly Family[] = [
  family({
    name: 'conntrack_agent_heap_limit_bytes',
    type: 'gauge',
    help: 'What the heap of the agent may grow to; beyond it the agent ends and says so',
    labels: [],
    series: ({ process }) => single(process.heapLimitBytes),
  }),
  family({
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'User and system CPU time spent by the agent',
    labels: [],
    series: ({ process }) => single(process.cpuSeconds),
  }),
  family({
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    help: 'Resident memory of the agent',
    labels: [],
    series: ({ process }) => single(process.residentBytes),
  }),
  family({
    name: 'process_start_time_seconds',
    type: 'gauge',
    help: 'Start of the agent in seconds since the epoch',
    labels: [],
    series: ({ process }) => single(process.startTimeSeconds),
  }),
  family({
    name: 'process_open_fds',
    type: 'gauge',
    help: 'File descriptors the agent has open',
    labels: [],
    series: ({ process }) => single(process.openDescriptors),
  }),
  family({
    name: 'process_max_fds',
    type: 'gauge',
    help: 'File descriptors the agent may have open',
    labels: [],
    series: ({ process }) => single(process.maxDescriptors),
  }),
];

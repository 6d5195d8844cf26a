import { DROP_CAUSES, INSERT_FAILURE_CAUSES, type UsageCounts } from '../model/status.ts';
import { type Family, family, type Series, single } from './family.ts';

const COLUMNS = [
  { column: 'drop', name: 'conntrack_drops_total', help: 'Packets dropped because no entry could be made for them' },
  {
    column: 'early_drop',
    name: 'conntrack_early_drops_total',
    help: 'Entries evicted before their time to make headroom for new ones',
  },
  {
    column: 'insert_failed',
    name: 'conntrack_insert_failures_total',
    help: 'Entries that could not be inserted: another packet of the same flow came first, NAT found no free port, the hash chain was too long, or the entry was dying',
  },
  {
    column: 'clashres',
    name: 'conntrack_clashes_resolved_total',
    help: 'Insertions that clashed with another packet of the same flow and lost no packet',
  },
  {
    column: 'chainlength',
    name: 'conntrack_chain_too_long_total',
    help: 'Insertions refused because a hash chain was too long',
  },
  {
    column: 'invalid',
    name: 'conntrack_invalid_packets_total',
    help: 'Packets that cannot be tracked',
  },
  {
    column: 'icmp_error',
    name: 'conntrack_icmp_errors_total',
    help: 'ICMP packets that could not be tracked because they are malformed or about no known flow',
  },
  {
    column: 'search_restart',
    name: 'conntrack_search_restarts_total',
    help: 'Lookups repeated because a hash chain changed underneath',
  },
  {
    column: 'found',
    name: 'conntrack_nat_collisions_total',
    help: 'Address and port pairs that NAT tried and found taken',
  },
] as const;

/** The kernel's own counters; one that this kernel does not have is not in the totals and stays absent. */
const COUNTERS = COLUMNS.map(({ column, name, help }) =>
  family({
    name,
    type: 'counter',
    help,
    labels: [],
    series: ({ status }) => single(status.counters?.get(column)),
  }),
);

/** The table itself: how full it is, how full it was at most, when it will be full, and what the kernel counts about it. */
export const TABLE_FAMILIES: readonly Family[] = [
  family({
    name: 'conntrack_entries',
    type: 'gauge',
    help: 'Entries in the connection tracking table',
    labels: [],
    series: ({ reading }) => single(reading.entries),
  }),
  family({
    name: 'conntrack_entries_limit',
    type: 'gauge',
    help: 'Highest number of entries the kernel lets the table hold',
    labels: [],
    series: ({ reading }) => single(reading.limit),
  }),
  family({
    name: 'conntrack_entries_peak',
    type: 'gauge',
    help: 'Highest number of entries sampled in the trailing peak window',
    labels: [],
    series: ({ status }) => single(status.peak),
  }),
  family({
    name: 'conntrack_growth_entries_per_second',
    type: 'gauge',
    help: 'Net growth of the table, not moved by spikes, steps and saw-teeth',
    labels: [],
    series: ({ status }) => single(status.growthPerSecond),
  }),
  family({
    name: 'conntrack_time_to_full_seconds',
    type: 'gauge',
    help: 'Time until the table is full, by the growth of the last minute or of the highest entries of five minutes; +Inf when it is not filling, 0 when it is full',
    labels: [],
    series: ({ status }) => single(status.secondsUntilFull),
  }),
  family({
    name: 'conntrack_buckets',
    type: 'gauge',
    help: 'Buckets of the hash table',
    labels: [],
    series: ({ reading }) => single(reading.buckets),
  }),
  family({
    name: 'conntrack_table_full_drops_total',
    type: 'counter',
    help: 'Packets dropped because the table was full since the agent started, estimated from the kernel counters',
    labels: [],
    series: ({ status }) => single(status.tableFullDrops),
  }),
  {
    name: 'conntrack_usage_ratio',
    type: 'histogram',
    help: 'Entries as a share of the limit, at every sample',
    labels: [],
    series: ({ usage }) => (usage === undefined ? [] : histogramSeries(usage)),
  },
  family({
    name: 'conntrack_timeout_seconds',
    type: 'gauge',
    help: 'Configured time without a packet after which an entry of this protocol and state is removed',
    labels: ['protocol', 'state'],
    series: ({ reading }) =>
      reading.timeouts.map(({ protocol, state, seconds }) => ({ labels: { protocol, state }, value: seconds })),
  }),
  ...COUNTERS,
  family({
    name: 'conntrack_insert_failures_by_cause_total',
    type: 'counter',
    help: 'Packets lost to failed insertions since the agent started, by cause: race (two packets of one new flow; check DNS), snat_ports (source NAT had no free port), nat_without_ports (NAT had no port to choose, as for GRE and ESP), unknown; those for a long hash chain are not among them',
    labels: ['cause'],
    series: ({ status: { insertFailures: failures } }) =>
      failures === undefined
        ? []
        : INSERT_FAILURE_CAUSES.map((cause) => ({ labels: { cause }, value: failures[cause] })),
  }),
  family({
    name: 'conntrack_drops_by_cause_total',
    type: 'counter',
    help: 'Packets dropped since the agent started because no entry could be made for them, by cause: table_full; with headroom in the table tracker (refused by the tracker of a protocol), memory (it was short) or unknown; estimated from the kernel counters',
    labels: ['cause'],
    series: ({ status: { dropsByCause: drops } }) =>
      drops === undefined ? [] : DROP_CAUSES.map((cause) => ({ labels: { cause }, value: drops[cause] })),
  }),
];

/** Cumulative, as Prometheus has it. */
function histogramSeries({ buckets, samples, sum }: UsageCounts): Series[] {
  const bucket = (le: string, value: number) => ({ labels: { le }, value, suffix: '_bucket' });
  return [
    ...buckets.map(({ upTo, samples: within }) => bucket(String(upTo), within)),
    bucket('+Inf', samples),
    { labels: {}, value: sum, suffix: '_sum' },
    { labels: {}, value: samples, suffix: '_count' },
  ];
}

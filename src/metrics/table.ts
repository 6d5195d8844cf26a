import type { Reading } from '../model/reading.ts';
import type { Status } from '../model/status.ts';
import type { Scalar } from './family.ts';

export type TableSource = { readonly reading: Reading; readonly status: Status };

/** The table itself: how full, at its worst, and when it will be full. */
export const TABLE = [
  {
    name: 'conntrack_entries',
    type: 'gauge',
    help: 'Entries in the connection tracking table',
    value: ({ reading }) => reading.entries,
  },
  {
    name: 'conntrack_entries_limit',
    type: 'gauge',
    help: 'Highest number of entries the kernel lets the table hold',
    value: ({ reading }) => reading.limit,
  },
  {
    name: 'conntrack_entries_peak',
    type: 'gauge',
    help: 'Highest number of entries sampled in the trailing peak window',
    value: ({ status }) => status.peak,
  },
  {
    name: 'conntrack_growth_entries_per_second',
    type: 'gauge',
    help: 'Net growth of the table, not moved by spikes, steps and saw-teeth',
    value: ({ status }) => status.growthPerSecond,
  },
  {
    name: 'conntrack_time_to_full_seconds',
    type: 'gauge',
    help: 'Time until the table is full, by the growth of the last minute or of the highest entries of five minutes; +Inf when it is not filling, 0 when it is full',
    value: ({ status }) => status.secondsUntilFull,
  },
  {
    name: 'conntrack_buckets',
    type: 'gauge',
    help: 'Buckets of the hash table',
    value: ({ reading }) => reading.buckets,
  },
  {
    name: 'conntrack_table_full_drops_total',
    type: 'counter',
    help: 'Packets dropped because the table was full since the agent started, estimated from the kernel counters',
    value: ({ status }) => status.tableFullDrops,
  },
] as const satisfies readonly Scalar<TableSource>[];

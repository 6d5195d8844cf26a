import type { CounterTotals } from '../model/status.ts';
import type { Scalar } from './family.ts';

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
  {
    column: 'expect_create',
    name: 'conntrack_expectations_created_total',
    help: 'Expectations of related flows created by helpers',
  },
  {
    column: 'expect_delete',
    name: 'conntrack_expectations_deleted_total',
    help: 'Expectations of related flows removed',
  },
] as const;

/** The kernel's own counters; one that this kernel does not have is not in the totals and stays absent. */
export const COUNTERS: readonly Scalar<CounterTotals | undefined>[] = COLUMNS.map(({ column, name, help }) => ({
  name,
  type: 'counter',
  help,
  value: (totals) => totals?.get(column),
}));

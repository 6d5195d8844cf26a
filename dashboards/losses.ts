/** The counters that tell of losses, and of what may become one. */

/** One thing that a counter tells of. */
export type Loss = {
  readonly cause: string;
  readonly metric: string;
  /** A part of that counter which is another cause. */
  readonly less?: string;
  readonly meaning: string;
};

/** Ways to lose packets that only this table has: by counter, with what each means and what to do. */
export const LOSSES: readonly Loss[] = [
  {
    cause: 'no room',
    metric: 'conntrack_table_full_drops_total',
    meaning: 'The table was full, new connections were refused: raise the limit, or stop what fills it',
  },
  {
    cause: 'evicted',
    metric: 'conntrack_early_drops_total',
    meaning: 'Entries without a reply were given up for new ones, from 95 % on: make room as above',
  },
  {
    cause: 'lost races',
    metric: 'conntrack_insert_failures_total',
    less: 'conntrack_chain_too_long_total',
    meaning: 'Two packets of one new flow raced and one was dropped, mostly DNS: use a DNS cache on the node',
  },
  {
    cause: 'chain too long',
    metric: 'conntrack_chain_too_long_total',
    meaning: 'A hash chain was too long for one more entry: raise the buckets to as many as the limit',
  },
];

/** What the table tells of traffic: normal in small numbers, lost only if somebody drops it. */
export const ODDITIES: readonly Loss[] = [
  {
    cause: 'invalid',
    metric: 'conntrack_invalid_packets_total',
    meaning: 'They fit no flow and firewalls often drop them: look for replies that take another way',
  },
  {
    cause: 'ports taken',
    metric: 'conntrack_nat_collisions_total',
    meaning: 'Ports that NAT found taken; thousands: too many flows from one address to one service',
  },
];

/** Of a counter under `over` (rate or increase); a kernel that does not tell chains from races has only their sum. */
export function lossOver(over: 'rate' | 'increase', range: string, { metric, less }: Loss, selector: string): string {
  const grown = `${over}(${metric}{${selector}}[${range}])`;
  if (less === undefined) return grown;
  return `${grown} - (${over}(${less}{${selector}}[${range}]) or 0 * ${grown})`;
}

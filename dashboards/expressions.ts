/** Selectors and turns of PromQL that more than one panel needs. */

/** Of series recorded by alerts/, which are named by cluster and node. */
export const OF_CLUSTER = 'cluster=~"$cluster"';
export const OF_NODE = `${OF_CLUSTER}, node=~"$node"`;
/** Of the agents' own series, which may have no label `node`: the hidden variable knows the instances of the nodes chosen. */
export const OF_AGENT = `${OF_CLUSTER}, instance=~"$instance"`;

/** Names series by `node` where they carry it, else by `instance` without its port: as the rules do. */
export function namedByNode(expr: string): string {
  const joined = `label_join(${expr}, "node", ";", "node", "instance")`;
  return `label_replace(${joined}, "node", "$1$2", "node", "([^;]+);.*|;(.+?)(?::[0-9]+)?")`;
}

/** A count that is 0 where there are nodes but none of these, and absent where there are no nodes at all. */
export function countOf(matching: string, among: string): string {
  return `count(${matching}) or 0 * count(${among})`;
}

/** The agents' counters that tell of a loss: what is lost, of which counter, and what to do about it. */
export type Loss = {
  readonly cause: string;
  readonly metric: string;
  readonly less?: string;
  readonly meaning: string;
};

export const LOSSES: readonly Loss[] = [
  {
    cause: 'no room',
    metric: 'conntrack_table_full_drops_total',
    meaning:
      'New connections were refused because the table was full. Make room: raise the limit, or stop what fills it',
  },
  {
    cause: 'evicted',
    metric: 'conntrack_early_drops_total',
    meaning: 'Entries without a reply were given up for new ones, at 95 % of the limit. Nothing to do but to make room',
  },
  {
    cause: 'lost races',
    metric: 'conntrack_insert_failures_total',
    less: 'conntrack_chain_too_long_total',
    meaning: 'Two first packets of one flow raced and one was dropped, mostly DNS: use a DNS cache on the node',
  },
  {
    cause: 'chain too long',
    metric: 'conntrack_chain_too_long_total',
    meaning: 'A hash chain was too long for one more entry: raise the number of buckets to that of the limit',
  },
  {
    cause: 'invalid',
    metric: 'conntrack_invalid_packets_total',
    meaning: 'Packets that fit no flow, often dropped by a firewall rule: look for replies that take another way',
  },
  {
    cause: 'ports taken',
    metric: 'conntrack_nat_collisions_total',
    meaning: 'Ports that NAT tried and found taken. Thousands a second: too many flows from one address to one service',
  },
];

/** Of a counter under `over` (rate or increase); a kernel that does not tell chains from races has only their sum. */
export function lossOver(over: 'rate' | 'increase', range: string, { metric, less }: Loss, selector: string): string {
  const grown = `${over}(${metric}{${selector}}[${range}])`;
  if (less === undefined) return grown;
  return `${grown} - (${over}(${less}{${selector}}[${range}]) or 0 * ${grown})`;
}

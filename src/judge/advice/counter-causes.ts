import type { CounterTotals } from '../counter-totals.ts';

/** One way to lose packets that a counter of the kernel tells of; what is lost for want of room is apart. */
export type Loss = {
  readonly id: string;
  /** Packets or entries lost in this way, out of totals or of their growth. */
  readonly of: (counters: CounterTotals) => number;
  /** As many happen on a healthy node. */
  readonly normalPerSecond: number;
  readonly title: string;
  readonly meaning: string;
  readonly remedy: readonly string[];
  /** What is said of it when it happened since boot and does not happen now; undefined where that is normal. */
  readonly before: string | undefined;
  readonly raises?: 'buckets';
};

/** See net/netfilter/nf_conntrack_core.c and nf_nat_core.c, NF_CT_STAT_INC. */
export const LOSSES: readonly Loss[] = [
  {
    id: 'evicted',
    of: (counters) => counters.get('early_drop') ?? 0,
    normalPerSecond: 0,
    title: 'Entries are evicted to make room',
    meaning: 'The table was at its limit: the kernel gives up flows that saw no reply, or are closing, for new ones',
    remedy: ['Make room: a higher limit, shorter timeouts, or less of what fills the table'],
    before: undefined, // Told with the packets that were refused.
  },
  {
    id: 'races',
    of: (counters) => Math.max(0, (counters.get('insert_failed') ?? 0) - (counters.get('chainlength') ?? 0)),
    normalPerSecond: 0,
    title: 'Packets are lost in insertion races',
    meaning:
      'Two packets of one new flow raced, and the loser was dropped: mostly DNS, A and AAAA asked at once from one port, and seen as a lookup that takes 5 seconds. The size of the table has no part in it',
    remedy: [
      'Use a DNS cache on the node (NodeLocal DNSCache), or keep DNS out of NAT and tracking',
      'Or put "options single-request-reopen" into resolv.conf (dnsConfig of the pod; glibc only)',
    ],
    before: 'There were insertion races, most likely of DNS',
  },
  {
    id: 'chain-too-long',
    of: (counters) => counters.get('chainlength') ?? 0,
    normalPerSecond: 0,
    title: 'New flows are refused because a hash chain is too long',
    meaning: 'The hash has too few buckets, or one client makes very many flows that differ in next to nothing',
    remedy: ['Raise the buckets to as many as the limit', 'If they are as many, find out who makes those flows'],
    before: 'Flows were refused because a hash chain was too long',
    raises: 'buckets',
  },
  {
    id: 'invalid',
    of: (counters) => counters.get('invalid') ?? 0,
    normalPerSecond: 100, // The last packets of flows that are forgotten already.
    title: 'Many packets cannot be tracked',
    meaning:
      'They belong to no known flow or do not fit into it: asymmetric routing, bad checksums, or flows whose entry is gone. A rule that drops INVALID, such as kube-proxy has, drops them',
    remedy: [
      'See which they are: sysctl -w net.netfilter.nf_conntrack_log_invalid=255 for a moment, then the kernel log, then 0 again',
    ],
    before: undefined,
  },
  {
    id: 'nat-collisions',
    of: (counters) => counters.get('found') ?? 0,
    normalPerSecond: 100, // Popular services make a few at any time.
    title: 'NAT is running short of ports',
    meaning: 'Many ports that NAT tries are taken: too many flows from one address to one service',
    remedy: ['Give source NAT more addresses, or have the clients keep their connections', 'Use --random-fully'],
    before: undefined,
  },
];

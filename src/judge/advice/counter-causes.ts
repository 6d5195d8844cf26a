import type { CounterTotals } from '../counter-totals.ts';

export type LossId = 'evicted' | 'races' | 'chain-too-long' | 'invalid' | 'nat-collisions';

/** One way to lose packets that a counter of the kernel tells of; what is lost for want of room is apart. */
export type Loss = {
  readonly id: LossId;
  /** The column that tells of it; a kernel without it tells nothing. */
  readonly column: string;
  /** Packets or entries lost in this way, out of totals or of their growth. */
  readonly of: (counters: CounterTotals) => number;
  /** As many happen on a healthy node. */
  readonly normalPerSecond: number;
  /** A name of two words or so, for where there is little room. */
  readonly label: string;
  /** What happens, in a line. */
  readonly sentence: string;
  /** Completes the verdict on a node that suffers from it. */
  readonly says: string;
  readonly title: string;
  readonly meaning: string;
  readonly remedy: readonly string[];
  /** What is said of it when it happened since boot and does not happen now; undefined where that is normal. */
  readonly before: string | undefined;
  readonly raises?: 'buckets';
};

/** Packets that found no room, which no single counter tells of. */
export const REFUSED = {
  label: 'No room',
  sentence: 'New connections that a full table did not let in',
  says: 'for want of room',
  title: 'Packets are dropped for want of room in the table',
  meaning: 'Each is a new connection, or a DNS question, that was not let in; those there go on',
  remedy: ['Make room: a higher limit, shorter timeouts, or less of what fills the table'],
  normalPerSecond: 0,
} as const;

/** See net/netfilter/nf_conntrack_core.c and nf_nat_core.c, NF_CT_STAT_INC. */
export const LOSSES: readonly Loss[] = [
  {
    id: 'evicted',
    column: 'early_drop',
    of: (counters) => counters.get('early_drop') ?? 0,
    normalPerSecond: 0,
    label: 'Evicted',
    sentence: 'Entries given up early to make room for new ones',
    says: 'evicting entries to make room',
    title: 'Entries are evicted to make room',
    meaning: 'The table was at its limit: the kernel gives up flows that saw no reply, or are closing, for new ones',
    remedy: REFUSED.remedy,
    before: undefined, // Told with the packets that were refused.
  },
  {
    id: 'races',
    column: 'insert_failed',
    of: (counters) => Math.max(0, (counters.get('insert_failed') ?? 0) - (counters.get('chainlength') ?? 0)),
    normalPerSecond: 0,
    label: 'Insertion races',
    sentence: 'Twin packets of a new flow; mostly DNS questions',
    says: 'losing packets to insertion races',
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
    column: 'chainlength',
    of: (counters) => counters.get('chainlength') ?? 0,
    normalPerSecond: 0,
    label: 'Chain too long',
    sentence: 'New flows whose hash bucket was too crowded',
    says: 'refusing flows for long hash chains',
    title: 'New flows are refused because a hash chain is too long',
    meaning: 'The hash has too few buckets, or one client makes very many flows that differ in next to nothing',
    remedy: ['Raise the buckets to as many as the limit', 'If they are as many, find out who makes those flows'],
    before: 'Flows were refused because a hash chain was too long',
    raises: 'buckets',
  },
  {
    id: 'invalid',
    column: 'invalid',
    of: (counters) => counters.get('invalid') ?? 0,
    normalPerSecond: 100, // The last packets of flows that are forgotten already.
    label: 'Invalid',
    sentence: 'Packets that fit no known flow',
    says: 'seeing many packets that fit no flow',
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
    column: 'found',
    of: (counters) => counters.get('found') ?? 0,
    normalPerSecond: 100, // Popular services make a few at any time.
    label: 'NAT collisions',
    sentence: 'Ports that NAT tried and found taken',
    says: 'short of NAT ports',
    title: 'NAT is running short of ports',
    meaning: 'Many ports that NAT tries are taken: too many flows from one address to one service',
    remedy: ['Give source NAT more addresses, or have the clients keep their connections', 'Use --random-fully'],
    before: undefined,
  },
];

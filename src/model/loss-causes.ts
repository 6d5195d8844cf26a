/**
 * Every way to lose packets or entries, defined once: counter, texts, remedy. See NF_CT_STAT_INC in nf_conntrack_core.c and
 * nf_nat_core.c; the cloud's counter is that of its network driver.
 */
import type { AlarmId } from './alarms.ts';
import type { CloudStatus } from './cloud-allowance.ts';
import type { DropCause, DropsByCause } from './drop-causes.ts';
import type { InsertFailureCause, InsertFailures } from './insert-failures.ts';
import type { CounterName } from './reading.ts';
import type { CounterTotals } from './status.ts';
import type { Thresholds } from './thresholds.ts';

export const LOSS_CAUSE_IDS = [
  'table_full',
  'cloud_allowance',
  'evicted',
  'insert_failures',
  'snat_ports_exhausted',
  'nat_without_ports',
  'insert_failures_unexplained',
  'memory_drops',
  'tracker_drops',
  'unexplained_drops',
  'chains_too_long',
  'invalid_packets',
  'nat_collisions',
] as const;

export type LossCauseId = (typeof LOSS_CAUSE_IDS)[number];

/** What the kernel counts, and what follows from it; totals, or their growth within some time. A Status has all of it. */
export type LossTotals = {
  readonly counters: CounterTotals | undefined;
  readonly tableFullDrops: number | undefined;
  readonly dropsByCause: DropsByCause | undefined;
  readonly insertFailures: InsertFailures | undefined;
  readonly cloud: CloudStatus | undefined;
};

export type LossCause = {
  readonly id: LossCauseId;
  /** Packets or entries lost; undefined where the kernel has no such counter. */
  readonly lost: (totals: LossTotals) => number | undefined;
  /** Losses a second that a healthy node has. */
  readonly baselinePerSecond: (thresholds: Thresholds) => number;
  /** The alarm on it, if there is one of its own. */
  readonly alarm: AlarmId | undefined;
  /** A name of two words or so, for where there is little space. */
  readonly label: string;
  /** What happens, in a sentence without its period. */
  readonly sentence: string;
  /** Completes the summary of a node that suffers from it: "82 % full, not filling, losing packets to insert failures". */
  readonly summary: string;
  /** Title and meaning in the doctor's report. */
  readonly title: string;
  readonly meaning: string;
  /** Orders one can carry out, most helpful first. */
  readonly remedy: readonly string[];
  /** Title when it happened since boot but not now; undefined where that is normal. */
  readonly sinceBoot: string | undefined;
};

const HEADROOM = 'Make headroom: a higher limit, shorter timeouts, or fewer flows';

const none = () => 0;
const columnOf =
  (column: CounterName) =>
  ({ counters }: LossTotals) =>
    counters?.get(column);
const failuresBy =
  (cause: InsertFailureCause) =>
  ({ insertFailures: failures }: LossTotals) =>
    failures?.[cause];

const dropsBy =
  (cause: DropCause) =>
  ({ dropsByCause: drops }: LossTotals) =>
    drops?.[cause];

/** Worst first. */
export const LOSS_CAUSES = [
  {
    id: 'table_full',
    lost: ({ tableFullDrops: drops }) => drops,
    baselinePerSecond: none,
    alarm: 'table_full',
    label: 'Table full',
    sentence: 'New connections dropped because the table was full',
    summary: 'because the table is full',
    title: 'Packets are dropped because the table is full',
    meaning: 'Each is a new connection, or a DNS question, that was not let in; established ones go on',
    remedy: [HEADROOM],
    sinceBoot: 'Packets were dropped because no entry could be made for them',
  },
  {
    id: 'cloud_allowance',
    lost: ({ cloud }) => cloud?.dropped,
    baselinePerSecond: none,
    alarm: 'cloud_allowance_exceeded',
    label: 'Cloud limit',
    sentence: 'Packets that the cloud dropped beyond the connections it tracks for the instance',
    summary: 'losing connections to the limit of its cloud',
    title: 'The cloud drops connections although the table has headroom',
    meaning:
      'The cloud tracks the connections of the instance in a table of its own, whose allowance depends on the type of the instance. No setting of the node raises it',
    remedy: [
      'Use a larger type of instance, or spread the load over more of them',
      'Have fewer connections tracked: shorter idle timeouts on the network interface, security group rules that need no tracking',
    ],
    sinceBoot: 'The cloud dropped connections beyond what it tracks for the instance',
  },
  {
    id: 'evicted',
    lost: columnOf('early_drop'),
    baselinePerSecond: none,
    alarm: undefined,
    label: 'Evicted',
    sentence: 'Entries evicted before their time to make headroom',
    summary: 'evicting entries before their time',
    title: 'Entries are evicted before their time',
    meaning: 'The table was at its limit: the kernel evicts flows that saw no reply, or are closing, for new ones',
    remedy: [HEADROOM],
    sinceBoot: undefined, // Reported together with the table-full drops.
  },
  {
    id: 'insert_failures',
    lost: failuresBy('race'),
    baselinePerSecond: ({ insertFailuresPerSecond }) => insertFailuresPerSecond,
    alarm: 'insert_failures',
    label: 'Insert failures',
    sentence: 'Packets that lost a race in a new flow',
    summary: 'losing packets to insert failures',
    title: 'Packets are lost to insert failures',
    meaning:
      'Two packets raced to make one entry, and one was dropped. The usual case to check is DNS: A and AAAA queries from one port, seen as a lookup that takes 5 seconds. The size of the table has no part in it',
    remedy: [
      'If it is DNS (lookups take 5 s): use a DNS cache on the node (NodeLocal DNSCache), or keep DNS out of NAT and tracking',
      'Or put "options single-request-reopen" into resolv.conf (dnsConfig of the pod; glibc only)',
    ],
    sinceBoot: undefined, // Reported together with the three below: in totals since boot they cannot be told apart.
  },
  {
    id: 'snat_ports_exhausted',
    lost: failuresBy('snat_ports'),
    baselinePerSecond: ({ snatPortsExhaustedPerSecond }) => snatPortsExhaustedPerSecond,
    alarm: 'snat_ports_exhausted',
    label: 'NAT out of ports',
    sentence: 'New flows dropped: source NAT had no free port',
    summary: 'losing new flows for want of NAT ports',
    title: 'Source NAT is out of ports',
    meaning:
      'All ports of an address are taken by flows to one destination, so new ones to it are dropped; other destinations are served. Neither a higher limit nor a DNS cache helps',
    remedy: [
      'Give source NAT more addresses, or a wider range of ports if its rule names one',
      'Have the clients keep their connections open and share them, or spread them over more addresses of the destination',
      'Let closed connections go sooner: sysctl -w net.netfilter.nf_conntrack_tcp_timeout_time_wait=30',
      'Use --random-fully where the rule names no range: it finds the last free ports at a fraction of the tries',
    ],
    sinceBoot: undefined,
  },
  {
    id: 'nat_without_ports',
    lost: failuresBy('nat_without_ports'),
    baselinePerSecond: ({ insertFailuresPerSecond }) => insertFailuresPerSecond,
    alarm: 'nat_without_ports',
    label: 'NAT without ports',
    sentence: 'New flows dropped: NAT had no port to tell them apart by',
    summary: 'losing flows to NAT without ports',
    title: 'NAT drops flows because it has no port to tell them apart by',
    meaning:
      'Each failure found an address taken and had nothing else to try: two clients send GRE, ESP, or another protocol without ports through one translated address to one destination, or a NAT rule names one port or two. It is no race, and a DNS cache does not help',
    remedy: [
      'Give each client that sends GRE or ESP a translated address of its own, or exempt its tunnel from source NAT',
      'Carry the tunnel in UDP: NAT traversal of IPsec (port 4500), GRE in UDP, or VXLAN',
      'If a rule of source NAT names one port or two, give it a wider range',
    ],
    sinceBoot: undefined,
  },
  {
    id: 'insert_failures_unexplained',
    lost: failuresBy('unknown'),
    baselinePerSecond: ({ insertFailuresPerSecond }) => insertFailuresPerSecond,
    alarm: 'insert_failures_unexplained',
    label: 'Cause unknown',
    sentence: 'Dropped: a race, or no port for NAT',
    summary: 'losing packets to insert failures of unknown cause',
    title: 'Packets are lost to insert failures, and the counters do not show why',
    meaning:
      'Either two packets raced to make one entry, or NAT had no free port or no port to choose. The failures are too few, other flows find too many ports taken, a NAT rule names a range of a few ports, or this kernel does not count taken ports',
    remedy: [
      'Look for a destination that has nearly as many flows from one translated address as there are ports: conntrack-agent flows, or conntrack -L -j',
      'Look for NAT of protocols without ports, such as GRE and ESP, and for NAT rules that name a few ports: nft list ruleset, or iptables-save -t nat',
    ],
    sinceBoot: 'There were insert failures: races, or NAT without a port',
  },
  {
    id: 'memory_drops',
    lost: dropsBy('memory'),
    baselinePerSecond: ({ dropsBelowLimitPerSecond }) => dropsBelowLimitPerSecond,
    alarm: 'drops_below_limit',
    label: 'No memory',
    sentence: 'Dropped below the limit, while memory was short',
    summary: 'losing packets for want of memory',
    title: 'Packets are dropped for want of memory, not of places in the table',
    meaning:
      'The table has headroom, but the node has next to no memory left for its entries. A higher limit makes it worse',
    remedy: [
      'Free memory: find out what takes it (top, /proc/meminfo, /proc/slabinfo), and do not raise the limit',
      'Have more of it kept free for the kernel: a higher vm.min_free_kbytes',
    ],
    sinceBoot: undefined, // In totals since boot it cannot be told from a full table.
  },
  {
    id: 'tracker_drops',
    lost: dropsBy('tracker'),
    baselinePerSecond: ({ dropsBelowLimitPerSecond }) => dropsBelowLimitPerSecond,
    alarm: 'drops_below_limit',
    label: 'Refused by tracker',
    sentence: 'Dropped below the limit: refused by the tracker of their protocol',
    summary: 'losing packets to the tracker of their protocol',
    title: 'Packets are dropped by the tracker of their protocol, not by a full table',
    meaning:
      'The tracker of TCP or another protocol refuses them, for example two packets at once that open a closed connection anew. The table has headroom: a higher limit does not help',
    remedy: [
      'See which they are: sysctl -w net.netfilter.nf_conntrack_log_invalid=255 for a moment, then the kernel log, then 0 again',
      'Have the clients take another source port for a new connection, or keep those they have',
    ],
    sinceBoot: undefined,
  },
  {
    id: 'unexplained_drops',
    lost: dropsBy('unknown'),
    baselinePerSecond: ({ dropsBelowLimitPerSecond }) => dropsBelowLimitPerSecond,
    alarm: 'drops_below_limit',
    label: 'Unexplained drops',
    sentence: 'Dropped below the limit: no memory, or refused by a tracker',
    summary: 'losing packets below the limit for an unknown cause',
    title: 'Packets are dropped although the table has headroom, and the counters do not tell why',
    meaning:
      'Either the kernel got no memory for an entry, or the tracker of a protocol refused the packet. A higher limit does not help, and makes a lack of memory worse',
    remedy: ['Look in the kernel log for page allocation failures, and in /proc/meminfo for how much memory is left'],
    sinceBoot: undefined,
  },
  {
    id: 'chains_too_long',
    lost: columnOf('chainlength'),
    baselinePerSecond: none,
    alarm: 'chains_too_long',
    label: 'Chain too long',
    sentence: 'New flows refused: their hash chain was too long',
    summary: 'refusing flows for long hash chains',
    title: 'New flows are refused because a hash chain is too long',
    meaning: 'The hash has too few buckets, or one client makes very many flows that differ in next to nothing',
    remedy: ['Raise the buckets to as many as the limit', 'If they are as many, find out who makes those flows'],
    sinceBoot: 'Flows were refused because a hash chain was too long',
  },
  {
    id: 'invalid_packets',
    lost: columnOf('invalid'),
    baselinePerSecond: ({ invalidPacketsPerSecond }) => invalidPacketsPerSecond,
    alarm: 'invalid_packets',
    label: 'Invalid packets',
    sentence: 'Packets that fit no known flow',
    summary: 'seeing many packets that fit no flow',
    title: 'Many packets cannot be tracked',
    meaning:
      'They belong to no known flow or do not fit into it: asymmetric routing, bad checksums, or flows whose entry is gone. A rule that drops INVALID, such as kube-proxy has, drops them',
    remedy: [
      'See which they are: sysctl -w net.netfilter.nf_conntrack_log_invalid=255 for a moment, then the kernel log, then 0 again',
    ],
    sinceBoot: undefined,
  },
  {
    id: 'nat_collisions',
    lost: columnOf('found'),
    baselinePerSecond: () => 100, // Popular services make a few at any time.
    alarm: undefined,
    label: 'NAT collisions',
    sentence: 'Ports that NAT tried and found taken',
    summary: 'short of NAT ports',
    title: 'NAT is running short of ports',
    meaning: 'Many ports that NAT tries are taken: too many flows from one address to one service',
    remedy: ['Give source NAT more addresses, or have the clients keep their connections', 'Use --random-fully'],
    sinceBoot: undefined,
  },
] as const satisfies readonly LossCause[];

export const LOSS_CAUSE_ROWS: readonly LossCause[] = LOSS_CAUSES;

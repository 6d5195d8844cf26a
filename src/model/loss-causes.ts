/** Every way to lose packets or entries, defined once: counter, texts, remedy. See NF_CT_STAT_INC in nf_conntrack_core.c and nf_nat_core.c. */
import type { AlarmId } from './alarms.ts';
import type { CounterName } from './reading.ts';
import type { CounterTotals, Status } from './status.ts';
import type { Thresholds } from './thresholds.ts';

export const LOSS_CAUSE_IDS = [
  'table_full',
  'evicted',
  'insert_failures',
  'chains_too_long',
  'invalid_packets',
  'nat_collisions',
] as const;

export type LossCauseId = (typeof LOSS_CAUSE_IDS)[number];

export type LossCause = {
  readonly id: LossCauseId;
  /** The counter of the kernel; undefined where the loss is computed from several. */
  readonly column: CounterName | undefined;
  /** Packets or entries lost, from totals or from their growth; undefined where the kernel has no such counter. */
  readonly lost: (counters: CounterTotals) => number | undefined;
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
const columnOf = (column: CounterName) => (counters: CounterTotals) => counters.get(column);

/** Worst first. */
export const LOSS_CAUSES = [
  {
    id: 'table_full',
    column: undefined,
    lost: (counters) => tableFullDrops(counters),
    baselinePerSecond: none,
    alarm: 'table_full',
    label: 'Table full',
    sentence: 'New connections dropped because the table was full',
    summary: 'because the table is full',
    title: 'Packets are dropped because the table is full',
    meaning: 'Each is a new connection, or a DNS question, that was not let in; established ones go on',
    remedy: [HEADROOM],
    sinceBoot: 'Packets were dropped because the table was full',
  },
  {
    id: 'evicted',
    column: 'early_drop',
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
    column: 'insert_failed',
    lost: insertFailures,
    baselinePerSecond: ({ insertFailuresPerSecond }) => insertFailuresPerSecond,
    alarm: 'insert_failures',
    label: 'Insert failures',
    sentence: 'Packets that lost a race in a new flow; mostly DNS',
    summary: 'losing packets to insert failures',
    title: 'Packets are lost to insert failures',
    meaning:
      'Two packets of one new flow raced, and one was dropped: mostly DNS, A and AAAA asked at once from one port, and seen as a lookup that takes 5 seconds. The size of the table has no part in it',
    remedy: [
      'Use a DNS cache on the node (NodeLocal DNSCache), or keep DNS out of NAT and tracking',
      'Or put "options single-request-reopen" into resolv.conf (dnsConfig of the pod; glibc only)',
    ],
    sinceBoot: 'There were insert failures, most likely of DNS',
  },
  {
    id: 'chains_too_long',
    column: 'chainlength',
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
    column: 'invalid',
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
    column: 'found',
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

/**
 * The kernel adds what a full table drops to `drop`, as it does packets lost to insert failures; those are in
 * `insert_failed` too, together with insertions that failed because of a long chain (`chainlength`, since 5.15), which are not in `drop`.
 * Below 0 where the CPUs were read between two increments.
 * @param dropHasInsertFailures see `readDropHasInsertFailures()`
 */
export function tableFullDrops(counters: CounterTotals, dropHasInsertFailures = true): number | undefined {
  const drop = counters.get('drop');
  const failures = dropHasInsertFailures ? insertFailures(counters) : 0;
  return drop === undefined || failures === undefined ? undefined : drop - failures;
}

/** Insertions that failed for another reason than a long chain. */
export function insertFailures(counters: CounterTotals): number | undefined {
  const failed = counters.get('insert_failed');
  return failed === undefined ? undefined : Math.max(0, failed - (counters.get('chainlength') ?? 0));
}

/** What was lost to this cause so far; undefined where the kernel has no such counter. */
export function lossTotal({ id, lost }: LossCause, status: Status): number | undefined {
  if (id === 'table_full') return status.tableFullDrops;
  return status.counters === undefined ? undefined : lost(status.counters);
}

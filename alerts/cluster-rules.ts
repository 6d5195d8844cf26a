/** What no single node can know: the state of its cluster, and how many nodes the cluster can lose. */
import { runbookUrl } from '../src/model/alarms/alarms.ts';
import { formats, percentOf } from './descriptions.ts';
import { type AlertRule, OUR_JOB, type RecordingRule } from './rule.ts';

/** Each with the sentence that says when to change it, which stands above the rule that has it. */
export const CLUSTER_THRESHOLDS = {
  nodes: {
    value: 3,
    help: 'Clusters of fewer than 3 nodes have no alerts of their own: neither headroom nor imbalance means anything there. Raise it for test clusters.',
  },
  usage: {
    value: 0.9,
    help: 'At 0.9 of all limits together, moving load is no cure any more. Lower it to what is left when as many nodes are away as you drain at once.',
  },
  imbalance: {
    value: 3,
    help: 'The fullest node must have 3 times the usage of the others: raise it where one node is meant to do more.',
  },
  fullest: {
    value: 0.5,
    help: 'And use 0.5 of its table: raise it to hear less of imbalance, since below that it does no harm.',
  },
} as const;

const AGENTS = `{job=~"${OUR_JOB}"}`;
const [ENTRIES, LIMIT, PEAK] = [
  'node:conntrack_entries:max',
  'node:conntrack_entries_limit:max',
  'node:conntrack_entries_peak:max',
];
const NODES = 'cluster:conntrack_nodes:count';
const SPARE = 'cluster:conntrack_headroom_below_high:min';
const MEAN_PEAK = 'cluster:conntrack_entries_peak:avg';
const IN_CLUSTER = "{cluster='%s'}";

const NODE_RECORDS: readonly RecordingRule[] = [
  {
    comment: 'One series for each node: max merges two agents on it (a rolling update) and two replicas of Prometheus.',
    record: ENTRIES,
    expr: `max by (cluster, node) (conntrack_entries${AGENTS})`,
  },
  {
    comment: 'A limit of 0 means unlimited on old kernels: nothing is a share of it.',
    record: LIMIT,
    expr: `max by (cluster, node) (conntrack_entries_limit${AGENTS} > 0)`,
  },
  { record: PEAK, expr: `max by (cluster, node) (conntrack_entries_peak${AGENTS})` },
];

const CLUSTER_RECORDS: readonly RecordingRule[] = [
  { record: NODES, expr: `count by (cluster) (${ENTRIES} and ${LIMIT})` },
  {
    record: 'cluster:conntrack_usage:ratio',
    expr: `sum by (cluster) (${ENTRIES} and ${LIMIT})
  /
sum by (cluster) (${LIMIT} and ${ENTRIES})`,
  },
  { record: 'cluster:conntrack_usage:max', expr: `max by (cluster) (${ENTRIES} / ${LIMIT})` },
  {
    comment: 'What is left at the worst moment of the last minute.',
    record: 'cluster:conntrack_headroom:entries',
    expr: `sum by (cluster) (clamp_min(${LIMIT} - ${PEAK}, 0))`,
  },
  {
    comment:
      'The fullest node against the mean of the others: in a small cluster it would weigh too much in a mean of all. Less than 0.1 % counts as that, since everything is infinitely more than nothing.',
    record: 'cluster:conntrack_imbalance:ratio',
    expr: `cluster:conntrack_usage:max
  /
clamp_min(
  (sum by (cluster) (${ENTRIES} / ${LIMIT}) - cluster:conntrack_usage:max)
    / (${NODES} - 1), 0.001
)`,
  },
];

/**
 * With N nodes that hold m entries on average, k average nodes that leave bring k * m entries to N - k others. The one with the
 * least headroom h takes k * m / (N - k) of them, or in the worst case all: k is at most h * N / (m + h), or h / m.
 */
const DRAIN_RECORDS: readonly RecordingRule[] = [
  { record: MEAN_PEAK, expr: `avg by (cluster) (${PEAK})` },
  {
    comment:
      'How many entries the node with the least headroom can take before its usage is high, as --alarm.high-usage has it.',
    record: SPARE,
    expr: `clamp_min(
  min by (cluster) (
    ${LIMIT} * on (cluster) group_left () min by (cluster) (conntrack_alarm_threshold{threshold="high_usage"})
      - ${PEAK}
  ), 0
)`,
  },
  {
    comment:
      'How many nodes may leave before the usage of another is high. Assumes that those that leave hold as many entries as the average node, at its worst of the last minute. Even: the others share them alike.',
    record: 'cluster:conntrack_drainable_nodes:count',
    labels: { spread: 'even' },
    expr: `floor(
  ${NODES} * ${SPARE}
    / (${SPARE} + ${MEAN_PEAK})
)`,
  },
  {
    comment: 'Worst: all go to the node with the least headroom. One node always stays.',
    record: 'cluster:conntrack_drainable_nodes:count',
    labels: { spread: 'worst' },
    expr: `(floor(${SPARE} / ${MEAN_PEAK}) < ${NODES} - 1)
  or
(${NODES} - 1 and ${SPARE})`,
  },
];

export const CLUSTER_RECORDING_RULES: readonly RecordingRule[] = [
  ...NODE_RECORDS,
  ...CLUSTER_RECORDS,
  ...DRAIN_RECORDS,
];

export const CLUSTER_ALERTS: readonly AlertRule[] = [
  {
    comment: `${CLUSTER_THRESHOLDS.usage.help} ${CLUSTER_THRESHOLDS.nodes.help}`,
    alert: 'ConntrackClusterHeadroomLow',
    severity: 'critical',
    expr: `(cluster:conntrack_usage:ratio >= ${CLUSTER_THRESHOLDS.usage.value})
  and
(${NODES} >= ${CLUSTER_THRESHOLDS.nodes.value})`,
    forTime: '5m',
    summary: 'Cluster {{ $labels.cluster }} has almost no headroom left in its connection tracking tables',
    description: [
      ...formats(['percent']),
      `All nodes together use {{ template "percent" printf "${percentOf(`cluster:conntrack_usage:ratio${IN_CLUSTER}`)}" $labels.cluster | query }} of their limits: moving load does not help.`,
      `{{- with printf "cluster:conntrack_drainable_nodes:count{spread='even',cluster='%s'}" $labels.cluster | query }} Nodes that may leave before the usage of another is high: {{ . | first | value }}.{{ end }}`,
    ],
    runbookUrl: runbookUrl('ConntrackClusterHeadroomLow'),
  },
  {
    comment: `${CLUSTER_THRESHOLDS.imbalance.help} ${CLUSTER_THRESHOLDS.fullest.help}`,
    alert: 'ConntrackLoadImbalanced',
    severity: 'warning',
    expr: `(cluster:conntrack_imbalance:ratio >= ${CLUSTER_THRESHOLDS.imbalance.value})
  and
(cluster:conntrack_usage:max >= ${CLUSTER_THRESHOLDS.fullest.value})
  and
(${NODES} >= ${CLUSTER_THRESHOLDS.nodes.value})`,
    forTime: '30m',
    summary: 'One node of cluster {{ $labels.cluster }} has connections that the others could share',
    description: [
      `{{- with printf "topk(1, ${percentOf(`${ENTRIES}${IN_CLUSTER} / ${LIMIT}`)})" $labels.cluster | query }}{{ . | first | label "node" }} uses {{ . | first | value | printf "%.4g" }} % of its table,{{ end }}`,
      '{{ if gt $value 100.0 }}and the other nodes are all but empty.{{ else }}{{ $value | printf "%.1f" }} times the mean of the other nodes.{{ end }}',
      'A common cause is an external address that is announced by a single node.',
    ],
    runbookUrl: runbookUrl('ConntrackLoadImbalanced'),
  },
];

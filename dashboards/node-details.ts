/** Lower half of the node's dashboard: why the table is as full as it is, and whether to believe it. */
import { TableSortByFieldStateBuilder } from '@grafana/grafana-foundation-sdk/common';
import type { Row } from './board.ts';
import { CRITICAL, FINE, REFERENCE, WARNING } from './colours.ts';
import { byNode, OF_CLUSTER, OF_NODE } from './expressions.ts';
import { asThreshold, cell, PACKETS_PER_SECOND, words } from './fields.ts';
import { ALSO_COUNTED, lossBy } from './losses.ts';
import { table, timeseries } from './panels.ts';
import { cloudAvailable, entries, growth, kubeProxyLimit, limit, sampleLag } from './table-series.ts';
import { thresholdLine } from './thresholds.ts';

const GROWTH = timeseries({
  title: 'Is it growing?',
  description:
    'Net growth in entries a second, robust to bursts and saw-teeth. Steady growth above 0 is a leak or a flood: look at Flows for who makes the entries.',
  unit: 'short',
  queries: [{ expr: growth(OF_NODE), legend: 'entries a second' }],
});

const HASH = timeseries({
  title: 'Is the hash table big enough?',
  description:
    'Entries for each bucket. Above the threshold lookups walk long chains: raise the buckets to as many as the limit.',
  unit: 'short',
  queries: [
    { expr: `${entries(OF_NODE)} / ${byNode(`conntrack_buckets{${OF_NODE}} > 0`)}`, legend: 'entries a bucket' },
    { expr: thresholdLine('entriesPerBucket', OF_NODE), legend: 'threshold' },
  ],
}).overrideByName('threshold', asThreshold());

const WORK = timeseries({
  title: 'What else is counted?',
  description:
    'No loss by themselves: packets that fit no flow, ports that NAT found taken, clashes resolved, lookups repeated, odd ICMP. A jump is a change in traffic.',
  unit: PACKETS_PER_SECOND,
  queries: [
    ...ALSO_COUNTED.map((loss) => ({
      expr: `sum(${lossBy('rate', '$__rate_interval', loss, OF_NODE)})`,
      legend: loss.label,
    })),
    { expr: `sum(rate(conntrack_clashes_resolved_total{${OF_NODE}}[$__rate_interval]))`, legend: 'clashes resolved' },
    { expr: `sum(rate(conntrack_search_restarts_total{${OF_NODE}}[$__rate_interval]))`, legend: 'lookups repeated' },
    { expr: `sum(rate(conntrack_icmp_errors_total{${OF_NODE}}[$__rate_interval]))`, legend: 'ICMP errors' },
  ],
});

const TIMEOUTS = table({
  title: 'Timeouts',
  description:
    'How long an entry stays without a packet. TCP established at five days (the default) keeps dead connections: a day is enough for most.',
  queries: [{ expr: `max by (protocol, state) (conntrack_timeout_seconds{${OF_NODE}})`, legend: 'Timeout' }],
  labels: { protocol: 'Protocol', state: 'State' },
})
  .overrideByName('Timeout', [{ id: 'unit', value: 's' }])
  .sortBy([new TableSortByFieldStateBuilder().displayName('Timeout').desc(true)]);

const SOURCES = table({
  title: 'Sources',
  description:
    'What the agent can read, and by which way. A source that is not read leaves its pictures empty; its log says what would grant it.',
  queries: [{ expr: `max by (source, via) (conntrack_agent_source_up{${OF_NODE}})`, legend: 'Readable' }],
  labels: { source: 'Source', via: 'By way of' },
}).overrideByName('Readable', [
  { id: 'mappings', value: [words({ 1: ['yes', FINE], 0: ['no', WARNING] })] },
  ...cell('text'),
]);

const CHANGED = timeseries({
  title: 'What changed?',
  description:
    'Limit and buckets. kube-proxy sets the limit when it starts and may lower what you have set. Alarms, new limits and starts of the agent are marked across all pictures.',
  unit: 'short',
  queries: [
    { expr: limit(OF_NODE), legend: 'limit' },
    { expr: `sum(conntrack_buckets{${OF_NODE}})`, legend: 'buckets' },
  ],
}).fillOpacity(0);

const NAMESPACES = table({
  title: 'Which pods have full tables of their own?',
  description:
    'Entries of the fullest network namespaces, where the agent runs with --collector.netns. A pod has its own table under the same limit as the node.',
  queries: [
    {
      expr: `
        topk(20,
          (max by (cluster, netns, pod_uid) (conntrack_netns_entries{${OF_NODE}})
            * on (cluster, pod_uid) group_left (namespace, pod)
              group by (cluster, pod_uid, namespace, pod) (label_replace(kube_pod_info{${OF_CLUSTER}}, "pod_uid", "$1", "uid", "(.+)")))
          or ignoring (namespace, pod) max by (cluster, netns, pod_uid) (conntrack_netns_entries{${OF_NODE}}))`,
      legend: 'Entries',
    },
  ],
  labels: { netns: 'Network namespace', namespace: 'Namespace', pod: 'Pod', pod_uid: 'Pod UID' },
}).noValue('off: it takes --collector.netns');

const OTHER_LIMITS = timeseries({
  title: 'Are there other limits?',
  description:
    'What the cloud can still track (AWS; at 0 it drops), and the limit after the next start of kube-proxy (--collector.kube-proxy). Below the entries it will be an outage: set it in its configuration.',
  unit: 'short',
  queries: [
    { expr: entries(OF_NODE), legend: 'entries' },
    { expr: cloudAvailable(OF_NODE), legend: 'left of the cloud' },
    { expr: kubeProxyLimit(OF_NODE), legend: 'limit after kube-proxy starts' },
  ],
}).decimals(0);

const AGENT = timeseries({
  title: 'Is the agent well?',
  description:
    'A late sampler misses bursts: give the agent more processor time. Anything above the threshold makes its pictures doubtful.',
  unit: 's',
  queries: [
    { expr: sampleLag(OF_NODE), legend: 'latest sample came late by' },
    { expr: thresholdLine('sampleLagMs', OF_NODE), legend: 'threshold' },
  ],
}).overrideByName('threshold', asThreshold(CRITICAL));

const COST = timeseries({
  title: 'What does the agent cost?',
  description:
    'Processor time, of one processor. Normally under 2 %: more means very frequent scrapes or flow samples of the whole table.',
  unit: 'percentunit',
  queries: [{ expr: `sum(rate(process_cpu_seconds_total{${OF_NODE}}[$__rate_interval]))`, legend: 'processor' }],
});

const MEMORY = timeseries({
  title: 'Memory of the agent',
  description: 'Resident memory. 50 to 85 MB is normal; the manifests allow 192 MiB.',
  unit: 'bytes',
  queries: [{ expr: `sum(process_resident_memory_bytes{${OF_NODE}})`, legend: 'resident' }],
}).overrideByName('resident', [{ id: 'color', value: { mode: 'fixed', fixedColor: REFERENCE } }]);

export const ROWS: readonly Row[] = [
  {
    height: 7,
    panels: [
      [8, GROWTH],
      [8, HASH],
      [8, WORK],
    ],
  },
  {
    height: 9,
    panels: [
      [8, TIMEOUTS],
      [8, SOURCES],
      [8, CHANGED],
    ],
  },
  {
    height: 7,
    panels: [
      [12, NAMESPACES],
      [12, OTHER_LIMITS],
    ],
  },
  {
    height: 7,
    panels: [
      [8, AGENT],
      [8, COST],
      [8, MEMORY],
    ],
  },
];

/** Panels of the flows dashboard: how many, in which state, from whom, to whom, and how far to believe it. */
import { BigValueTextMode } from '@grafana/grafana-foundation-sdk/common';
import type { Row } from './board.ts';
import { QUIET, SERIES, WARNING } from './colours.ts';
import { OF_AGENT } from './expressions.ts';
import { absent, cell, inColour, steps } from './fields.ts';
import { withNames } from './names.ts';
import { stacked, stat, table, timeseries } from './panels.ts';

const SHOWN = 15;
const STALE_SECONDS = 300;

/** Share of all flows of the nodes chosen, each node weighing as much as it has entries. */
const share = (of: string) => `
  sum(conntrack_census_share{of="${of}", ${OF_AGENT}} * on (cluster, instance) group_left () conntrack_entries{${OF_AGENT}})
    / sum(conntrack_entries{${OF_AGENT}} and on (cluster, instance) conntrack_census_share{of="${of}", ${OF_AGENT}})`;

function shareOf(title: string, of: string, description: string) {
  return stat({ title, description, unit: 'percentunit', queries: [{ expr: share(of), legend: of }] })
    .decimals(1)
    .textMode(BigValueTextMode.Value);
}

const CENSUSES = stat({
  title: 'Nodes with a census',
  description:
    'Nodes, of those chosen above, whose agent counts flows. None: switch the census on, see the last panel.',
  unit: 'short',
  queries: [{ expr: `count(conntrack_census_age_seconds{${OF_AGENT}})`, legend: 'nodes' }],
})
  .decimals(0)
  .noValue('none: census is off')
  .mappings([absent('none: census is off')])
  .textMode(BigValueTextMode.Value);

const ERROR = stat({
  title: 'Error of a share',
  description:
    'Most that a share is off in 95 % of cases, on the worst node. 0: every flow was counted. A larger --flows.budget makes it smaller.',
  unit: 'percentunit',
  queries: [{ expr: `max(conntrack_census_error_ratio{${OF_AGENT}})`, legend: 'error' }],
})
  .decimals(1)
  .textMode(BigValueTextMode.Value);

const AGE = stat({
  title: 'Oldest census',
  description:
    'A census is skipped while the node is strained: then these are old numbers. The log of the agent says why.',
  unit: 's',
  queries: [{ expr: `max(conntrack_census_age_seconds{${OF_AGENT}})`, legend: 'age' }],
})
  .thresholds(steps(QUIET, [STALE_SECONDS, WARNING]))
  .textMode(BigValueTextMode.Value);

/** The usual ones, in colours of their own. */
const KNOWN_STATES = [
  'tcp established',
  'udp unreplied',
  'tcp syn_sent',
  'tcp time_wait',
  'udp replied',
  'tcp close_wait',
];

const STATES = timeseries({
  title: 'Which flows fill the tables?',
  description:
    'Flows by protocol and state. Much "unreplied" is a scan, a flood or a dead service; much "time_wait" are short connections: have clients keep them.',
  unit: 'short',
  queries: [
    {
      expr: `sum by (protocol, state) (conntrack_flows{${OF_AGENT}})`,
      legend: '{{protocol}} {{state}}',
    },
  ],
})
  .lineWidth(1)
  .fillOpacity(60)
  .stacking(stacked());
KNOWN_STATES.forEach((state, i) => {
  STATES.overrideByName(state, inColour(SERIES[i]!));
});

const UNUSED = timeseries({
  title: 'How much of it is of no use?',
  description:
    'Shares of all flows. Established TCP that is idle for hours is held by timeouts alone: shorten them. Unreplied flows are the first that the kernel evicts.',
  unit: 'percentunit',
  queries: [
    { expr: share('unreplied'), legend: 'unreplied' },
    { expr: share('idle_10m'), legend: 'TCP idle over 10 min' },
    { expr: share('idle_1h'), legend: 'TCP idle over 1 h' },
    { expr: share('idle_1d'), legend: 'TCP idle over 1 day' },
  ],
});

const flowsBy = (ranking: string, labels: string) =>
  `sum by (cluster, ${labels}) (conntrack_top_flows{ranking="${ranking}", address!="other", ${OF_AGENT}})`;

const SOURCES = table({
  title: 'Who opens them?',
  description:
    'Sources with most flows on the nodes chosen. A pod far ahead of its siblings leaks connections; an address without a name is outside, or kube-state-metrics is missing.',
  queries: [{ expr: withNames(flowsBy('source', 'address'), SHOWN), legend: 'Flows' }],
  labels: { address: 'Source', of: 'Kind', name: 'Name', cluster: 'Cluster' },
  order: ['Flows', 'Source', 'Kind', 'Name', 'Cluster'],
});

const DESTINATIONS = table({
  title: 'Where do they go?',
  description:
    'Destinations, as the client asked for them: a service before it is translated. One far ahead with unreplied flows is down or slow.',
  queries: [{ expr: withNames(flowsBy('destination', 'address, port, protocol'), SHOWN), legend: 'Flows' }],
  labels: { address: 'Destination', port: 'Port', protocol: 'Protocol', of: 'Kind', name: 'Name', cluster: 'Cluster' },
  order: ['Flows', 'Destination', 'Port', 'Protocol', 'Kind', 'Name', 'Cluster'],
});

const PREFIXES = table({
  title: 'From which networks?',
  description:
    'Sources by prefix. One network far ahead with many addresses is a flood with made-up sources, or a whole site behind one gateway.',
  queries: [{ expr: `topk(${SHOWN}, ${flowsBy('prefix', 'address')})`, legend: 'Flows' }],
  labels: { address: 'Prefix', cluster: 'Cluster' },
  order: ['Flows', 'Prefix', 'Cluster'],
});

const RELIABLE = timeseries({
  title: 'Is the census taken?',
  description:
    'Censuses that failed or were skipped, a second. Failures: the right NET_ADMIN is missing. Skips: the node is too busy to be asked.',
  unit: 'cps',
  queries: [
    { expr: `sum(rate(conntrack_census_failures_total{${OF_AGENT}}[$__rate_interval]))`, legend: 'failed' },
    { expr: `sum(rate(conntrack_census_skipped_total{${OF_AGENT}}[$__rate_interval]))`, legend: 'skipped' },
  ],
});

const COST = timeseries({
  title: 'What does a census cost?',
  description: 'Time of the longest, on any node chosen. It does not grow with the table unless --flows.budget is 0.',
  unit: 's',
  queries: [{ expr: `max(conntrack_census_duration_seconds{${OF_AGENT}})`, legend: 'longest' }],
});

const WIDTHS = {
  Flows: 150,
  Source: 140,
  Destination: 125,
  Port: 60,
  Protocol: 75,
  Kind: 70,
  Prefix: 140,
  Cluster: 80,
};

for (const panel of [SOURCES, DESTINATIONS, PREFIXES]) {
  panel.overrideByName('Flows', [
    { id: 'unit', value: 'short' },
    { id: 'decimals', value: 0 },
    { id: 'min', value: 0 },
    ...cell('bar'),
  ]);
  for (const [heading, width] of Object.entries(WIDTHS))
    panel.overrideByName(heading, [{ id: 'custom.width', value: width }]);
}

export const ROWS: readonly Row[] = [
  {
    height: 4,
    panels: [
      [4, CENSUSES],
      [
        4,
        shareOf(
          'Unreplied',
          'unreplied',
          'Share of flows that saw no answer. High: a flood, a scan, or a service that is down.',
        ),
      ],
      [
        4,
        shareOf(
          'Idle for over an hour',
          'idle_1h',
          'Share of flows that are established TCP without a packet for an hour: shorten the timeout of TCP established.',
        ),
      ],
      [
        4,
        shareOf(
          'Translated',
          'nat',
          'Share of flows with an address translated. Near 0 where kube-proxy or masquerading should be at work is a fault.',
        ),
      ],
      [4, ERROR],
      [4, AGE],
    ],
  },
  {
    height: 9,
    panels: [
      [12, SOURCES],
      [12, DESTINATIONS],
    ],
  },
  {
    height: 9,
    panels: [
      [12, STATES],
      [12, UNUSED],
    ],
  },
  {
    height: 8,
    panels: [
      [8, PREFIXES],
      [8, RELIABLE],
      [8, COST],
    ],
  },
];

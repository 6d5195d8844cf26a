/** First screen of the fleet's dashboard: is anything wrong, and where. */
import { BigValueTextMode } from '@grafana/grafana-foundation-sdk/common';
import type { Row } from './board.ts';
import { CRITICAL, FINE, MARK, QUIET, SCALE, SERIES, WARNING } from './colours.ts';
import { countOf, OF_CLUSTER } from './expressions.ts';
import { absent, asMark, beyond, cell, FULL_NOW, inColour, PACKETS_PER_SECOND, steps } from './fields.ts';
import { nodeLink } from './links.ts';
import { stacked, stat, table, timeseries } from './panels.ts';
import { countFiring, STATE_MAPPINGS, trouble } from './states.ts';
import { mark, threshold } from './thresholds.ts';

const HIGH = threshold('high_usage');
const NEARLY_FULL = threshold('nearly_full_usage');
const TIME_TO_ACT = threshold('time_to_act_seconds');
const DAY = 86_400;
const ROWS_SHOWN = 50;

const WATCHED = `node:conntrack_agent_source_up:max{${OF_CLUSTER}, source="entries"}`;
const PEAK = `node:conntrack_usage_peak:ratio{${OF_CLUSTER}}`;

/** How many nodes an alert of these fires for. */
function nodesWith(title: string, alerts: readonly string[], colour: string, description: string) {
  return stat({
    title,
    description,
    unit: 'short',
    queries: [{ expr: countOf(countFiring(alerts), WATCHED), legend: 'nodes' }],
  })
    .decimals(0)
    .thresholds(steps(QUIET, [1, colour]))
    .textMode(BigValueTextMode.Value);
}

const LOSING = nodesWith(
  'Nodes losing connections',
  ['ConntrackTableFull'],
  CRITICAL,
  'Their tables are full: new connections are dropped, DNS first. Begin with the first row of the table below.',
);

const NEAR = nodesWith(
  'Nodes nearly full',
  ['ConntrackTableNearlyFull'],
  CRITICAL,
  'Where the kernel evicts entries, or high and full within minutes. Raise the limit or stop what fills the table, now.',
);

const FILLING = nodesWith(
  'Nodes filling up, or high',
  ['ConntrackTableFillingUp', 'ConntrackTableHigh'],
  WARNING,
  'Full within minutes at the present growth, or often close to the limit. Find out who fills them before it is urgent.',
);

const UNSEEN = nodesWith(
  'Nodes not seen',
  ['ConntrackAgentDown', 'ConntrackAgentBlind'],
  WARNING,
  'The agent does not answer, or does not see the table. A node that does not answer may be one whose table is full.',
);

const SOONEST = stat({
  title: 'First table full in',
  description:
    'The shortest forecast of all nodes. "not filling" is what it should say; below 15 minutes look at the table below.',
  unit: 's',
  queries: [{ expr: `min(node:conntrack_time_to_full:min{${OF_CLUSTER}})`, legend: 'soonest' }],
})
  .mappings([absent(), FULL_NOW, beyond(DAY, 'not filling')])
  .thresholds(steps(CRITICAL, [1, WARNING], [TIME_TO_ACT, QUIET]))
  .textMode(BigValueTextMode.Value);

const WATCHED_NODES = stat({
  title: 'Nodes watched',
  description: 'Nodes whose table is seen now. Compare with the number of nodes that you have.',
  unit: 'short',
  queries: [{ expr: `count(${WATCHED} == 1)`, legend: 'nodes' }],
})
  .decimals(0)
  .noValue('none: rules loaded?')
  .mappings([absent('none: rules loaded?')])
  .textMode(BigValueTextMode.Value);

const worst = `topk(${ROWS_SHOWN}, ${trouble(OF_CLUSTER)})`;

/** `max` takes the name away, by which Grafana would tell the columns of one node apart as rows. */
const column = (expr: string, heading: string) => ({
  expr: `max by (cluster, node) (${expr}) and on (cluster, node) ${worst}`,
  legend: heading,
});

const NODES = table({
  title: 'Which nodes are in trouble?',
  description:
    'Worst first: by the alert that fires, then by usage. An alert stays for some minutes after its cause. Empty cells: this node does not tell. Click a node to see when it began and why.',
  queries: [
    { expr: worst, legend: 'State' },
    column(PEAK, 'Peak, 1 min'),
    column(`node:conntrack_time_to_full:min{${OF_CLUSTER}}`, 'Full in'),
    column(`node:conntrack_table_full_drops:increase3m{${OF_CLUSTER}}`, 'Refused, 3 min'),
    column(`node:conntrack_races_lost:rate10m{${OF_CLUSTER}}`, 'Races lost'),
    column(`node:conntrack_headroom:entries{${OF_CLUSTER}}`, 'Room left'),
  ],
  labels: { node: 'Node', cluster: 'Cluster' },
  order: ['State', 'Node', 'Peak, 1 min', 'Full in', 'Refused, 3 min', 'Races lost', 'Room left', 'Cluster'],
})
  .overrideByName('State', [
    { id: 'mappings', value: STATE_MAPPINGS },
    ...cell('background'),
    { id: 'custom.align', value: 'center' },
    { id: 'custom.width', value: 130 },
  ])
  .overrideByName('Node', [{ id: 'links', value: [nodeLink('row')] }])
  .overrideByName('Peak, 1 min', [
    { id: 'unit', value: 'percentunit' },
    { id: 'decimals', value: 1 },
    { id: 'min', value: 0 },
    { id: 'max', value: 1 },
    ...cell('bar'),
    { id: 'color', value: { mode: 'thresholds' } },
    { id: 'thresholds', value: steps(FINE, [HIGH, WARNING], [NEARLY_FULL, CRITICAL]).build() },
    { id: 'custom.width', value: 190 },
  ])
  .overrideByName('Full in', [
    { id: 'unit', value: 's' },
    { id: 'decimals', value: 0 },
    { id: 'mappings', value: [FULL_NOW, beyond(DAY, '–')] },
  ])
  .overrideByName('Refused, 3 min', [
    { id: 'unit', value: 'short' },
    { id: 'decimals', value: 0 },
  ])
  .overrideByName('Races lost', [
    { id: 'unit', value: PACKETS_PER_SECOND },
    { id: 'decimals', value: 2 },
  ])
  .overrideByName('Room left', [
    { id: 'unit', value: 'short' },
    { id: 'decimals', value: 0 },
  ]);

const ALL_NODES = timeseries({
  title: 'How full are the tables?',
  description:
    'Peaks of each minute over all nodes. When the hottest parts from the rest, one node is in trouble; when all lines rise, it is the load.',
  unit: 'percentunit',
  queries: [
    { expr: `max(${PEAK})`, legend: 'hottest' },
    { expr: `quantile(0.99, ${PEAK})`, legend: 'hottest 1 %' },
    { expr: `quantile(0.9, ${PEAK})`, legend: 'hottest 10 %' },
    { expr: `quantile(0.5, ${PEAK})`, legend: 'median' },
    { expr: mark('high_usage'), legend: 'mark: high' },
    { expr: mark('nearly_full_usage'), legend: 'mark: nearly full' },
  ],
})
  .fillOpacity(0)
  .overrideByName('hottest', inColour(CRITICAL))
  .overrideByName('hottest 1 %', inColour(SERIES[1]))
  .overrideByName('hottest 10 %', inColour(SERIES[4]))
  .overrideByName('median', inColour(FINE))
  .overrideByName('mark: high', asMark(MARK))
  .overrideByName('mark: nearly full', asMark(MARK));

const BANDS = [0, 0.5, 0.75, HIGH, NEARLY_FULL] as const;

/** Nodes of one band of usage; a band that is empty is 0 as long as there are nodes. */
function band(from: number, to: number | undefined): string {
  const upper = to === undefined ? '' : ` < ${to}`;
  return countOf(`${PEAK} >= ${from}${upper}`, PEAK);
}

const percent = (share: number) => `${Math.round(share * 100)}`;

const BANDED = timeseries({
  title: 'How many nodes are how full?',
  description:
    'All nodes, by the peak of each minute. A rising share of the upper bands is the whole fleet filling, not one node.',
  unit: 'short',
  queries: BANDS.map((from, i) => {
    const to = BANDS[i + 1];
    return {
      expr: band(from, to),
      legend: to === undefined ? `${percent(from)} % and more` : `${percent(from)} to ${percent(to)} %`,
    };
  }),
})
  .decimals(0)
  .lineWidth(0)
  .fillOpacity(85)
  .stacking(stacked());
BANDS.forEach((from, i) => {
  const to = BANDS[i + 1];
  const name = to === undefined ? `${percent(from)} % and more` : `${percent(from)} to ${percent(to)} %`;
  BANDED.overrideByName(name, inColour(SCALE[i]!));
});

export const ROWS: readonly Row[] = [
  {
    height: 4,
    panels: [
      [4, LOSING],
      [4, NEAR],
      [4, FILLING],
      [4, UNSEEN],
      [4, SOONEST],
      [4, WATCHED_NODES],
    ],
  },
  { height: 10, panels: [[24, NODES]] },
  {
    height: 8,
    panels: [
      [12, ALL_NODES],
      [12, BANDED],
    ],
  },
];

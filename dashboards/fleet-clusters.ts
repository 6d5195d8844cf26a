/** What only all nodes of a cluster together tell; recorded by the rules of alerts/. */
import { CLUSTER_THRESHOLDS } from '../alerts/cluster-rules.ts';
import type { Row } from './board.ts';
import { constantLine, OF_CLUSTER } from './expressions.ts';
import { asThreshold } from './fields.ts';
import { timeseries } from './panels.ts';

const usage = `cluster:conntrack_usage:ratio{${OF_CLUSTER}}`;
const imbalance = `cluster:conntrack_imbalance:ratio{${OF_CLUSTER}}`;
const drainable = (spread: 'even' | 'worst') =>
  `cluster:conntrack_drainable_nodes:count{spread="${spread}", ${OF_CLUSTER}}`;

const USAGE = timeseries({
  title: 'How full are all tables together?',
  description:
    'Entries of a cluster as a share of all its limits. Above the threshold moving load does not help any more: raise limits or add nodes.',
  unit: 'percentunit',
  queries: [
    { expr: usage, legend: '{{cluster}}' },
    { expr: constantLine(CLUSTER_THRESHOLDS.usage.value, usage), legend: 'threshold' },
  ],
}).overrideByName('threshold', asThreshold());

const HEADROOM = timeseries({
  title: 'Headroom of all tables',
  description:
    'Entries that still fit, at the worst moment of each minute. It shrinks by a limit for each node that goes away.',
  unit: 'short',
  queries: [{ expr: `cluster:conntrack_headroom:entries{${OF_CLUSTER}}`, legend: '{{cluster}}' }],
});

const DRAINABLE = timeseries({
  title: 'How many nodes may be drained?',
  description:
    'Nodes that may leave before the usage of another one is high (--alarm.high-usage): if their load spreads evenly, and if all of it goes to the fullest. Drain no more at once than the lower line.',
  unit: 'short',
  queries: [
    { expr: drainable('even'), legend: '{{cluster}}, spread evenly' },
    { expr: drainable('worst'), legend: '{{cluster}}, worst case' },
  ],
}).decimals(0);

const IMBALANCE = timeseries({
  title: 'Does one node carry too much?',
  description:
    'Usage of the hottest node, in times of the mean of the others. Above the threshold look for an address that only one node announces, or a client with one connection to all.',
  unit: 'short',
  queries: [
    { expr: imbalance, legend: '{{cluster}}' },
    { expr: constantLine(CLUSTER_THRESHOLDS.imbalance.value, imbalance), legend: 'threshold' },
  ],
}).overrideByName('threshold', asThreshold());

export const ROWS: readonly Row[] = [
  { height: 7, panels: [USAGE, HEADROOM, DRAINABLE, IMBALANCE].map((panel) => [6, panel] as const) },
];

/** The table of the fleet's dashboard: which nodes are in trouble, worst first. */
import { CRITICAL, FINE, WARNING } from './colours.ts';
import { OF_CLUSTER } from './expressions.ts';
import { beyond, cell, DAY, FULL_NOW, PACKETS_PER_SECOND, steps } from './fields.ts';
import { nodeLink } from './links.ts';
import { table } from './panels.ts';
import { STATE_MAPPINGS, trouble } from './states.ts';
import { threshold } from './thresholds.ts';

const ROWS_SHOWN = 50;

const worst = `topk(${ROWS_SHOWN}, ${trouble(OF_CLUSTER)})`;

/** `max` takes the name away, by which Grafana would tell the columns of one node apart as rows. */
const column = (expr: string, heading: string) => ({
  expr: `max by (cluster, node) (${expr}) and on (cluster, node) ${worst}`,
  legend: heading,
});

export const NODES = table({
  title: 'Which nodes are in trouble?',
  description:
    'Worst first: by the alert that fires, then by usage. An alert stays for some minutes after its cause. Empty cells: this node does not tell. Click a node to see when it began and why.',
  queries: [
    { expr: worst, legend: 'State' },
    column(`node:conntrack_usage_peak:ratio{${OF_CLUSTER}}`, 'Peak, 1 min'),
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
    {
      id: 'thresholds',
      value: steps(FINE, [threshold('high_usage'), WARNING], [threshold('nearly_full_usage'), CRITICAL]).build(),
    },
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

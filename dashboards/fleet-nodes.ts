/** The table of the fleet's dashboard: the state of each node, worst first. */
import { CRITICAL, FINE, WARNING } from './colours.ts';
import { OF_FLEET } from './expressions.ts';
import { beyond, cell, DAY, FULL_NOW, PACKETS_PER_SECOND, steps } from './fields.ts';
import { nodeLink } from './links.ts';
import { table } from './panels.ts';
import { STATE_MAPPINGS, stateAndUsage } from './states.ts';
import { headroom, insertFailures, tableFullDrops, timeToFull, usagePeak } from './table-series.ts';
import { threshold } from './thresholds.ts';

const ROWS_SHOWN = 50;

const worst = `topk(${ROWS_SHOWN}, ${stateAndUsage(OF_FLEET)})`;

const column = (heading: string, series: (selector: string) => string) => ({
  expr: `(${series(OF_FLEET)}) and on (cluster, node) ${worst}`,
  legend: heading,
});

export const NODES = table({
  title: 'Which nodes need attention?',
  description:
    'Worst first: by the worst alarm that is active, then by usage. An alarm stays for some minutes after its cause. Empty cells: this node does not tell. Click a node to see when it began and why.',
  queries: [
    { expr: worst, legend: 'State' },
    column('Peak, 1 min', usagePeak),
    column('Full in', timeToFull),
    column('Dropped, 10 min', tableFullDrops),
    column('Insert failures', insertFailures),
    column('Headroom', headroom),
  ],
  labels: { node: 'Node', cluster: 'Cluster' },
  order: ['State', 'Node', 'Peak, 1 min', 'Full in', 'Dropped, 10 min', 'Insert failures', 'Headroom', 'Cluster'],
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
      value: steps(FINE, [threshold('highUsage'), WARNING], [threshold('nearlyFullUsage'), CRITICAL]).build(),
    },
    { id: 'custom.width', value: 190 },
  ])
  .overrideByName('Full in', [
    { id: 'unit', value: 's' },
    { id: 'decimals', value: 0 },
    { id: 'mappings', value: [FULL_NOW, beyond(DAY, '–')] },
  ])
  .overrideByName('Dropped, 10 min', [
    { id: 'unit', value: 'short' },
    { id: 'decimals', value: 0 },
  ])
  .overrideByName('Insert failures', [
    { id: 'unit', value: PACKETS_PER_SECOND },
    { id: 'decimals', value: 2 },
  ])
  .overrideByName('Headroom', [
    { id: 'unit', value: 'short' },
    { id: 'decimals', value: 0 },
  ]);

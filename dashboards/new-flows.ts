/** How many flows are opened a second, and who opens them. */
import { OF_NODE } from './expressions.ts';
import { cell } from './fields.ts';
import { withNames } from './names.ts';
import { table, timeseries } from './panels.ts';

const SHOWN = 10;

export const NEW_FLOWS = timeseries({
  title: 'How many flows are opened a second?',
  description:
    'New flows of all nodes chosen, as their kernels told of them for up to a second. A level that rises while this does not is held by timeouts or open connections.',
  unit: 'cps',
  queries: [{ expr: `sum(conntrack_new_flows_per_second{${OF_NODE}})`, legend: 'new flows' }],
});

const RATE = 'New flows a second';

export const OPENERS = table({
  title: 'Who opens most new flows?',
  description:
    'Sources with most new flows a second. One far ahead opens a connection for each request: have it keep them, or find out what it scans.',
  queries: [
    {
      expr: withNames(
        `sum by (cluster, address) (conntrack_top_openers{ranking="source", address!="other", ${OF_NODE}})`,
        SHOWN,
      ),
      legend: RATE,
    },
  ],
  labels: { address: 'Source', of: 'Kind', name: 'Name', cluster: 'Cluster' },
  order: [RATE, 'Source', 'Kind', 'Name', 'Cluster'],
}).overrideByName(RATE, [
  { id: 'unit', value: 'cps' },
  { id: 'min', value: 0 },
  ...cell('bar'),
  { id: 'custom.width', value: 190 },
]);

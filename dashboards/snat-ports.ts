/** How many of its ports source NAT uses. */
import { CRITICAL, FINE, WARNING } from './colours.ts';
import { OF_NODE } from './expressions.ts';
import { cell, steps } from './fields.ts';
import { table } from './panels.ts';
import { threshold } from './thresholds.ts';

const SHOWN = 10;
const USED = `max by (cluster, node, address, destination, port, protocol) (conntrack_snat_ports_used_ratio{${OF_NODE}})`;

export const PORTS = table({
  title: 'Where do NAT ports run out?',
  description:
    'Ports in use of those that source NAT has from one address to one destination. At 100 % new flows there are dropped: more addresses, kept connections. The number of ports is an estimate.',
  queries: [{ expr: `topk(${SHOWN}, ${USED})`, legend: 'Used' }],
  labels: {
    node: 'Node',
    address: 'Address',
    destination: 'Destination',
    port: 'Port',
    protocol: 'Protocol',
    cluster: 'Cluster',
  },
  order: ['Used', 'Node', 'Address', 'Destination', 'Port', 'Protocol', 'Cluster'],
})
  .noValue('no source NAT, or no flow sample')
  .overrideByName('Used', [
    { id: 'unit', value: 'percentunit' },
    { id: 'decimals', value: 0 },
    { id: 'min', value: 0 },
    { id: 'max', value: 1 },
    { id: 'color', value: { mode: 'thresholds' } },
    { id: 'thresholds', value: steps(FINE, [threshold('snatPortsUsedRatio'), WARNING], [0.95, CRITICAL]).build() },
    ...cell('bar'),
  ]);

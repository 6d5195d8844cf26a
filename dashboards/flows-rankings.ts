/** Who holds the flows, and where they go. */
import { OF_NODE } from './expressions.ts';
import { cell } from './fields.ts';
import { withNames } from './names.ts';
import { table } from './panels.ts';

const SHOWN = 15;

const flowsBy = (ranking: string, labels: string) =>
  `sum by (cluster, ${labels}) (conntrack_top_flows{ranking="${ranking}", address!="other", ${OF_NODE}})`;

export const SOURCES = table({
  title: 'Who holds them?',
  description:
    'Sources with most flows on the nodes chosen. A pod far ahead of its siblings leaks connections; an address without a name is outside, or kube-state-metrics is missing.',
  queries: [{ expr: withNames(flowsBy('source', 'address'), SHOWN), legend: 'Flows' }],
  labels: { address: 'Source', of: 'Kind', name: 'Name', cluster: 'Cluster' },
  order: ['Flows', 'Source', 'Kind', 'Name', 'Cluster'],
});

export const DESTINATIONS = table({
  title: 'Where do they go?',
  description:
    'Destinations, as the client asked for them: a service before it is translated. One far ahead with unreplied flows is down or slow.',
  queries: [{ expr: withNames(flowsBy('destination', 'address, port, protocol'), SHOWN), legend: 'Flows' }],
  labels: { address: 'Destination', port: 'Port', protocol: 'Protocol', of: 'Kind', name: 'Name', cluster: 'Cluster' },
  order: ['Flows', 'Destination', 'Port', 'Protocol', 'Kind', 'Name', 'Cluster'],
});

export const PREFIXES = table({
  title: 'From which networks?',
  description:
    'Sources by prefix. One network far ahead with many addresses is a flood with made-up sources, or a whole site behind one gateway.',
  queries: [{ expr: `topk(${SHOWN}, ${flowsBy('prefix', 'address')})`, legend: 'Flows' }],
  labels: { address: 'Prefix', cluster: 'Cluster' },
  order: ['Flows', 'Prefix', 'Cluster'],
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

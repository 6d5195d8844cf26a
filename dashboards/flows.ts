/** `conntrack-flows`: who fills the tables, by the flow samples of the agents that take them. */
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { boardOf, type Row } from './board.ts';
import { AGE, COST, MARGIN, RELIABLE, SAMPLED } from './flow-sample.ts';
import { DESTINATIONS, PREFIXES, SOURCES } from './flows-rankings.ts';
import { IDLE, STATES, TRANSLATED, UNREPLIED, UNUSED } from './flows-shares.ts';
import { NEW_FLOWS, OPENERS } from './new-flows.ts';
import { text } from './panels.ts';
import { PORTS } from './snat-ports.ts';
import { cluster, datasource, nodes } from './variables.ts';

const ABOUT = `Empty? Flow samples are off by default: they take \`--collector.flows\` and the capability NET_ADMIN (component \`flow sample\` of the manifests).
- **Names** of pods, services and nodes come from kube-state-metrics, where its series are in the same Prometheus and carry the same \`cluster\`.
- **A sample**: an agent reads 20,000 flows by default and scales shares to the table; *Margin of error* says how far off they may be.
- **Choose one node** at the top to see who fills that one.`;

const ROWS: readonly Row[] = [
  { height: 4, panels: [SAMPLED, UNREPLIED, IDLE, TRANSLATED, MARGIN, AGE].map((one) => [4, one] as const) },
  { height: 9, panels: [SOURCES, DESTINATIONS].map((one) => [12, one] as const) },
  { height: 8, panels: [NEW_FLOWS, OPENERS].map((one) => [12, one] as const) },
  { height: 9, panels: [STATES, UNUSED].map((one) => [12, one] as const) },
  {
    height: 8,
    panels: [
      [14, PORTS],
      [10, PREFIXES],
    ],
  },
  { height: 8, panels: [RELIABLE, COST].map((one) => [12, one] as const) },
];

export function flowsBoard(): DashboardBuilder {
  return boardOf({
    board: 'flows',
    title: 'Conntrack / Flows',
    description:
      'Who fills the connection-tracking tables: states, sources and destinations, with names where they are known.',
    variables: [datasource(), cluster(), nodes()],
    rows: [...ROWS, { height: 5, panels: [[24, text('About', ABOUT)]] }],
  });
}

/** `conntrack-flows`: who fills the tables, by the census of the agents that take one. */
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { boardOf, type Row } from './board.ts';
import { AGE, CENSUSES, COST, ERROR, RELIABLE } from './flows-census.ts';
import { DESTINATIONS, PREFIXES, SOURCES } from './flows-rankings.ts';
import { IDLE, STATES, TRANSLATED, UNREPLIED, UNUSED } from './flows-shares.ts';
import { text } from './panels.ts';
import { cluster, datasource, instance, nodes } from './variables.ts';

const ABOUT = `Empty? The census is off by default: it takes \`--collector.flows\` and the capability NET_ADMIN (component \`census\` of the manifests).
- **Names** of pods, services and nodes come from kube-state-metrics, where its series are in the same Prometheus and carry the same \`cluster\`.
- **A sample**: an agent reads 20,000 flows by default and scales shares to the table; *Error of a share* says how far off they may be.
- **Choose one node** at the top to see who fills that one.`;

const ROWS: readonly Row[] = [
  { height: 4, panels: [CENSUSES, UNREPLIED, IDLE, TRANSLATED, ERROR, AGE].map((one) => [4, one] as const) },
  { height: 9, panels: [SOURCES, DESTINATIONS].map((one) => [12, one] as const) },
  { height: 9, panels: [STATES, UNUSED].map((one) => [12, one] as const) },
  { height: 8, panels: [PREFIXES, RELIABLE, COST].map((one) => [8, one] as const) },
];

export function flowsBoard(): DashboardBuilder {
  return boardOf({
    board: 'flows',
    title: 'Conntrack / Flows',
    description:
      'Who fills the connection-tracking tables: states, sources and destinations, with names where they are known.',
    variables: [datasource(), cluster(), nodes(), instance()],
    rows: [...ROWS, { height: 5, panels: [[24, text('About', ABOUT)]] }],
  });
}

/** `conntrack-fleet`: is anything wrong, and on which node. */
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { boardOf } from './board.ts';
import { ROWS as agents } from './fleet-agents.ts';
import { ROWS as firstScreen } from './fleet-now.ts';
import { ROWS as trends } from './fleet-trends.ts';
import { text } from './panels.ts';
import { cluster, datasource } from './variables.ts';

const ABOUT = `From top to bottom: is anything wrong and where, what is lost and why, how long the room will last, whether to believe it.
- **Needs** the rules of \`alerts/conntrack.rules.yaml\` in the same Prometheus: states, marks and names of nodes come from there.
- **Click a node** to see it alone, with the same time range.
- **Many nodes**: no picture has a line for each. Lines are the hottest, the hottest hundredth, the hottest tenth and the median.`;

export function fleetBoard(): DashboardBuilder {
  return boardOf({
    board: 'fleet',
    title: 'Conntrack / Fleet',
    description: 'Connection-tracking tables of all nodes: which are in trouble, what is lost, how much room is left.',
    variables: [datasource(), cluster()],
    rows: [...firstScreen, ...trends, ...agents, { height: 4, panels: [[24, text('About', ABOUT)]] }],
  });
}

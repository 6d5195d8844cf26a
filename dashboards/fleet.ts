/** `conntrack-fleet`: is anything wrong, and on which node. */
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { boardOf } from './board.ts';
import { ROWS as agents } from './fleet-agents.ts';
import { ROWS as clusters } from './fleet-clusters.ts';
import { ROWS as firstScreen } from './fleet-now.ts';
import { ROWS as trends } from './fleet-trends.ts';
import { text } from './panels.ts';
import { cluster, datasource } from './variables.ts';

const ABOUT = `From top to bottom: is anything wrong and where, what is lost and why, how much headroom there is, whether to believe it.
- **Needs** agents scraped under a job whose name contains \`conntrack-agent\`, with the label \`node\`. The four panels about clusters need the rules of \`alerts/conntrack.rules.yaml\` as well.
- **Click a node** to see it alone, with the same time range.
- **Many nodes**: no picture has a line for each. Lines are the hottest, the hottest hundredth, the hottest tenth and the median.`;

export function fleetBoard(): DashboardBuilder {
  return boardOf({
    board: 'fleet',
    title: 'Conntrack / Fleet',
    description:
      'Connection-tracking tables of all nodes: which need attention, what is lost, how much headroom there is.',
    variables: [datasource(), cluster()],
    rows: [...firstScreen, ...trends, ...clusters, ...agents, { height: 4, panels: [[24, text('About', ABOUT)]] }],
  });
}

/** `conntrack-node`: everything about one node, from "is it losing" to "since when". */
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { nodeAnnotations } from './annotations.ts';
import { boardOf } from './board.ts';
import { ROWS as details } from './node-details.ts';
import { ROWS as losses } from './node-losses.ts';
import { ROWS as usage } from './node-usage.ts';
import { text } from './panels.ts';
import { cluster, datasource, node } from './variables.ts';

const ABOUT = `The upper half tells whether anything is wrong with this node, the lower half why.
- **Needs** an agent scraped under a job whose name contains \`conntrack-agent\`, with the label \`node\`; no recording rules.
- **No data** means that the kernel of this node does not tell it, or that the agent may not read it: see *Sources*.
- **Who** fills the table: follow *Flows* at the top, or run \`conntrack-agent flows\` on the node.`;

export function nodeBoard(): DashboardBuilder {
  return boardOf({
    board: 'node',
    title: 'Conntrack / Node',
    description: "One node's connection-tracking table: how full, when full, what is lost and why.",
    variables: [datasource(), cluster(), node()],
    rows: [...usage, ...losses, ...details, { height: 4, panels: [[24, text('About', ABOUT)]] }],
  }).annotations(nodeAnnotations());
}

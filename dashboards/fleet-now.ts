/** First screen of the fleet's dashboard: is anything wrong, and where. */
import type { Row } from './board.ts';
import { COUNTS } from './fleet-counts.ts';
import { NODES } from './fleet-nodes.ts';
import { ALL_NODES, BANDED } from './fleet-usage.ts';

export const ROWS: readonly Row[] = [
  { height: 4, panels: COUNTS.map((count) => [4, count] as const) },
  { height: 10, panels: [[24, NODES]] },
  {
    height: 8,
    panels: [
      [12, ALL_NODES],
      [12, BANDED],
    ],
  },
];

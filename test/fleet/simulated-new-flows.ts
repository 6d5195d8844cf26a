import { NewFlowCount } from '../../src/analysis/new-flows/new-flow-count.ts';
import type { CountedNewFlows } from '../../src/model/new-flows.ts';
import { flowsOf } from './simulated-flows.ts';
import type { SimulatedNode } from './timeline.ts';

/** Flows of one window. */
const WINDOW_FLOWS = 500;
const TOP = 20;
/** Each entry stays for so long on average, which makes the rate. */
export const RESIDENCE_SECONDS = 60;

/** New flows of a simulated node: as if its entries were opened at a steady pace, by those who hold them. */
export function newFlowsOf(node: SimulatedNode, entries: number, endedMs: number): CountedNewFlows {
  const count = new NewFlowCount({ top: TOP, seed: node.index }).begin();
  const read = Math.min(entries, WINDOW_FLOWS);
  for (const flow of flowsOf(node, entries, read)) count.add(flow);
  const perSecond = entries / RESIDENCE_SECONDS;
  return { newFlows: count.end({ windowSeconds: read / Math.max(1, perSecond), lost: 0 }), endedMs };
}

import { NewFlowCount } from '../src/analysis/flows/new-flow-rate.ts';
import type { CountedNewFlows } from '../src/model/flows.ts';
import type { Timeout } from '../src/model/reading.ts';
import { openingsOf } from './simulated-flows.ts';
import type { SimulatedNode } from './timeline.ts';

/** Most flows of one window. */
const WINDOW_FLOWS = 500;
const TOP = 20;

/** New flows of a simulated node: as many as keep its entries as they are, by those who hold entries that end by a timeout. */
export function newFlowsOf(
  node: SimulatedNode,
  entries: number,
  timeouts: readonly Timeout[],
  endedMs: number,
): CountedNewFlows {
  const count = new NewFlowCount({ top: TOP, seed: node.index }).begin();
  const { perSecond, flows } = openingsOf(node, entries, timeouts);
  const read = Math.min(Math.ceil(perSecond), WINDOW_FLOWS);
  for (const flow of flows(read)) count.add(flow);
  return { newFlows: count.end({ windowSeconds: read / Math.max(1, perSecond), lost: 0 }), endedMs };
}

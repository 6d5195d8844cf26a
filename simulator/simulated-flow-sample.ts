import { FlowCounter } from '../src/analysis/flows/flow-counter.ts';
import type { FlowSampleTaker } from '../src/host/ctnetlink/flow-sampler.ts';
import type { NodeReader } from '../src/host/node-reader.ts';
import type { TakenFlowSample } from '../src/model/flows.ts';
import { flowsOf } from './simulated-flows.ts';
import type { SimulatedNode } from './timeline.ts';

/** What one is cut to: a real one reads twenty times as many, which 400 of them in one process would not keep up with. */
const SAMPLE_SIZE = 1000;
const TOP = 20;
/** More keys than flows, so nothing is missed. */
const CAPACITY = 1024;
/** What a real flow sample of so many takes (45 ms for 20,000, seen on 6.18). */
const DURATION_SECONDS = 0.002;

/** Of the entries of a node, those that have expired and are counted still. */
const EXPIRED_SHARE = 0.03;

/** Counts simulated flows as the agent counts those of a dump of the kernel. */
export class SimulatedFlowSample implements FlowSampleTaker {
  readonly #node: SimulatedNode;
  readonly #reader: NodeReader;
  readonly #clock: () => number;
  readonly #count: FlowCounter;

  constructor(node: SimulatedNode, reader: NodeReader, clock: () => number) {
    this.#node = node;
    this.#reader = reader;
    this.#clock = clock;
    this.#count = new FlowCounter({ top: TOP, capacity: CAPACITY, seed: node.index });
  }

  async take(): Promise<TakenFlowSample> {
    const { entries = 0, limit, timeouts } = this.#reader.read();
    const flows = Math.round(entries * (1 - EXPIRED_SHARE));
    const read = Math.min(flows, SAMPLE_SIZE);
    const count = this.#count.begin(timeouts);
    for (const flow of flowsOf(this.#node, flows, read)) count.add(flow);
    const isComplete = read === flows;
    const flowSample = count.end({ isComplete, entriesBefore: entries, entriesAfter: flows });
    return {
      flowSample,
      limit,
      unlisted: isComplete ? 0 : undefined,
      durationSeconds: DURATION_SECONDS,
      endedMs: this.#clock(),
    };
  }
}

import { Agent } from '../src/agent/agent.ts';
import { FlowSampleRunner } from '../src/agent/flow-sample-runner.ts';
import { newFlowSource, newFlowsJson } from '../src/agent/new-flow-service.ts';
import { NodeFacts } from '../src/agent/node-facts.ts';
import type { Subsystem } from '../src/agent/subsystem.ts';
import { History } from '../src/analysis/table/history.ts';
import { TableJudge } from '../src/analysis/table/table-judge.ts';
import { NodeReader } from '../src/host/node-reader.ts';
import { readMeminfo } from '../src/host/procfs/node-facts.ts';
import type { BuildInfo } from '../src/metrics/family.ts';
import { DEFAULT_THRESHOLDS } from '../src/model/alarms/thresholds.ts';
import type { Log } from '../src/model/log.ts';
import type { ProcessUsage } from '../src/model/reading.ts';
import { wasAtLimit } from '../src/model/status.ts';
import { computedFilesOf, filesOf } from './kernel-files.ts';
import { MemoryTree } from './memory-tree.ts';
import { NodeTime } from './node-time.ts';
import { SimulatedFlowSample } from './simulated-flow-sample.ts';
import { newFlowsOf } from './simulated-new-flows.ts';
import { isAgentDown, type SimulatedNode } from './timeline.ts';

/** How often the timeline is asked whether the agent is there: windows begin and end on whole seconds. */
const AGENT_CHECK_MS = 1000;
const NODE_FACTS_MS = 30_000;
const FLOW_SAMPLE_MS = 30_000;
const NO_STRAIN = { loopLagMs: 0, memoryAvailable: undefined };

export type FleetNodeParts = {
  readonly node: SimulatedNode;
  readonly sampleMs: number;
  readonly readMs: number;
  readonly peakWindowMs: number;
  readonly historySeconds: number;
  readonly log: Log;
  readonly build: BuildInfo;
  /** Milliseconds since the epoch at a moment of the node's time. */
  readonly wallClockAt: (nodeMs: number) => number;
  /** Of one agent that was started then, milliseconds since the epoch. */
  readonly processUsage: (startWallMs: number) => ProcessUsage;
};

/** One node: the real agent on a proc file system in memory, living by the node's time. */
export class FleetNode {
  readonly spec: SimulatedNode;
  readonly #parts: FleetNodeParts;
  readonly #time = new NodeTime();
  readonly #tree: MemoryTree;
  #agent: Agent | undefined;
  #ends: (() => void)[] = [];

  constructor(parts: FleetNodeParts) {
    const { node } = parts;
    this.spec = node;
    this.#parts = parts;
    this.#tree = new MemoryTree({
      root: `memory:${node.name}`,
      constant: filesOf(node.kernel),
      computed: computedFilesOf(node, () => this.#time.clock() / 1000),
      spend: (ms) => this.#time.spend(ms),
    });
    this.#startOrStop();
    this.#time.every(AGENT_CHECK_MS, () => this.#startOrStop());
  }

  /** Undefined while the agent is down. */
  get agent(): Agent | undefined {
    return this.#agent;
  }

  /** Milliseconds of the node's time. */
  get nowMs(): number {
    return this.#time.clock();
  }

  advanceTo(nodeMs: number): void {
    this.#time.advanceTo(nodeMs);
  }

  #startOrStop(): void {
    const isAway = isAgentDown(this.spec.timeline, this.#time.clock() / 1000);
    if (isAway && this.#agent !== undefined) this.#stop(this.#agent);
    if (!isAway && this.#agent === undefined) this.#agent = this.#start();
  }

  /** As serve() builds it. */
  #start(): Agent {
    const { node, sampleMs, readMs, peakWindowMs, historySeconds, log, build, wallClockAt, processUsage } = this.#parts;
    const { clock, every } = this.#time;
    const reader = new NodeReader({ proc: this.#tree, clock, counters: { fallBack: true } });
    const startWallMs = wallClockAt(clock());
    const flowSample = this.#flowSample(reader);
    const nodeFacts = new NodeFacts({
      proc: this.#tree,
      nodeIp: undefined,
      log,
      readMemory: async () => readMeminfo(this.#tree) ?? Promise.reject(new Error('this node has no /proc/meminfo')),
    });
    const agent = new Agent({
      reader,
      judge: new TableJudge({ peakWindowMs }),
      history: new History(historySeconds),
      nodeFacts,
      flowSample,
      subsystems: [nodeFacts, ...(flowSample === undefined ? [] : [flowSample]), ...this.#newFlows(reader, flowSample)],
      every,
      processUsage: () => processUsage(startWallMs),
      nodeName: node.name,
      sampleMs,
      peakWindowMs,
      thresholds: DEFAULT_THRESHOLDS,
      context: { log, build, clock, wallClock: () => wallClockAt(clock()) },
    });
    void nodeFacts.check();
    void agent.start();
    this.#ends = [every(NODE_FACTS_MS, () => void nodeFacts.check()), every(readMs, () => void agent.refresh())];
    if (flowSample !== undefined) {
      void flowSample.run();
      this.#ends.push(
        every(FLOW_SAMPLE_MS, () => void flowSample.run()),
        () => flowSample.stop(),
      );
    }
    return agent;
  }

  #stop(agent: Agent): void {
    void agent.stop();
    for (const end of this.#ends) end();
    this.#agent = undefined;
  }

  /** New flows of this moment, whenever they are shown. */
  #newFlows(reader: NodeReader, flowSample: FlowSampleRunner | undefined): Subsystem[] {
    const { node } = this.#parts;
    if (node.flows === undefined) return [];
    const { clock } = this.#time;
    const now = () => {
      const { entries = 0, timeouts } = reader.read();
      return { last: newFlowsOf(node, entries, timeouts, clock()), problem: undefined, failures: 0, lost: 0 };
    };
    return [
      {
        publication: () => ({ newFlows: newFlowSource(now(), clock()) }),
        statusJson: ({ status }) => ({
          newFlows: newFlowsJson(now(), flowSample?.last?.flowSample, wasAtLimit(status), clock()),
        }),
      },
    ];
  }

  #flowSample(reader: NodeReader): FlowSampleRunner | undefined {
    const { node, log } = this.#parts;
    if (node.flows === undefined) return undefined;
    const { clock } = this.#time;
    const sampler = new SimulatedFlowSample(node, reader, clock);
    return new FlowSampleRunner({ sampler, pattern: '', log, clock, strain: () => Promise.resolve(NO_STRAIN) });
  }
}

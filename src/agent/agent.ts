import { type History, UsageHistogram } from '../analysis/table/history.ts';
import { NoData } from '../analysis/table/no-data.ts';
import type { TableJudge } from '../analysis/table/table-judge.ts';
import type { NodeReader } from '../host/node-reader.ts';
import { Exposition, type Format } from '../metrics/exposition.ts';
import type { Thresholds } from '../model/alarms/thresholds.ts';
import type { ProcessUsage, Reading, TableSample } from '../model/reading.ts';
import { usageOf } from '../model/status.ts';
import { FOREIGN_REMEDY, type HistoryJson, type StatusJson } from '../model/status-json.ts';
import type { AgentView, FlowsAnswer, Health } from '../web/routes/agent-view.ts';
import type { ProcessContext } from './context.ts';
import type { FlowSampleRunner } from './flow-sample-runner.ts';
import { flowsAnswer } from './flow-sample-view.ts';
import type { NodeFacts } from './node-facts.ts';
import { type Every, Sampler } from './sampler.ts';
import { StateChangeLog } from './state-change-log.ts';
import { historyJson, statusJson } from './status-json.ts';
import type { AgentState, Startable, Subsystem } from './subsystem.ts';

/** A sampler silent for longer than this, or than twenty of its intervals, is dead. */
const DEAD_MS = 5000;

export type AgentParts = {
  readonly nodeName: string;
  readonly sampleMs: number;
  readonly peakWindowMs: number;
  readonly thresholds: Thresholds;
  readonly reader: NodeReader;
  readonly judge: TableJudge;
  readonly history: History;
  readonly nodeFacts: NodeFacts;
  /** Undefined when no flow sample is taken. */
  readonly flowSample: FlowSampleRunner | undefined;
  /** All of them, the two above included. */
  readonly subsystems: readonly Subsystem[];
  /** By the clock of the context. */
  readonly every: Every;
  readonly processUsage: () => ProcessUsage;
  readonly context: Omit<ProcessContext, 'pageFolder'>;
};

/**
 * The running agent. `tick()` reads, judges, records, logs and notifies; `status()`, `exposition()`, `history()` and `flows()`
 * are pure views of the state that the last tick left, so no request can send an alert.
 */
export class Agent implements AgentView, Startable {
  readonly nodeName: string;
  readonly version: string;
  readonly #parts: AgentParts;
  readonly #subsystems: readonly Subsystem[];
  readonly #sampler: Sampler;
  readonly #changes: StateChangeLog;
  readonly #exposition = new Exposition();
  readonly #usage = new UsageHistogram();
  readonly #noData = new NoData();
  #isStopped = false;
  #state: AgentState | undefined;

  constructor(parts: AgentParts) {
    const { sampleMs: intervalMs, peakWindowMs: windowMs, every, context } = parts;
    const { clock, log, build } = context;
    this.nodeName = parts.nodeName;
    this.version = build.version;
    this.#parts = parts;
    this.#subsystems = parts.subsystems;
    this.#sampler = new Sampler({ intervalMs, windowMs, clock, every, sample: () => this.#sample() });
    this.#changes = new StateChangeLog(log);
  }

  /** Settles after the first tick, so that there is a state to show. */
  async start(): Promise<void> {
    this.#sampler.start();
    this.#sample(); // The first tick may wait for ctnetlink.
    await this.refresh();
  }

  stop(): void {
    this.#isStopped = true;
    this.#sampler.stop();
    this.#parts.reader.close();
  }

  /** A tick with counters that are as fresh as they can be had: waits a moment for ctnetlink where it is used. */
  refresh(): Promise<void> | void {
    const refreshed = this.#parts.reader.refresh();
    if (refreshed === undefined) return this.tick();
    return refreshed.then(() => this.#isStopped || this.tick()).then(() => undefined);
  }

  /** Reads every cheap source, judges the alarms, and records, logs and notifies what changed. */
  tick(): void {
    const { reader, judge, history, context } = this.#parts;
    const reading = reader.read();
    judge.addCounters(reading.counters, reading.atMs);
    judge.addFacts({ buckets: reading.buckets, noDataReasons: this.#noDataReasons(reading) });
    for (const subsystem of this.#subsystems) judge.addFacts(subsystem.facts?.(reading) ?? {});
    this.#addSample(reading);
    const status = judge.statusAt(context.clock());
    history.addLosses(status);
    this.#changes.sources(reading.sources);
    this.#changes.alarms(status);
    for (const subsystem of this.#subsystems) subsystem.judged?.(status);
    this.#state = { reading, status, wallMs: context.wallClock() };
  }

  exposition(format: Format): Promise<{ contentType: string; body: string }> {
    const state = this.#known;
    const { reading, status } = state;
    const { thresholds, processUsage, nodeFacts, context } = this.#parts;
    const publication = {
      build: context.build,
      thresholds,
      reading,
      status,
      usage: this.#usage.counts,
      agent: {
        inHostNetns: nodeFacts.netns?.inHostNetns,
        samples: this.#sampler.samples,
        sampleLagSeconds: this.#sampler.lagSeconds,
      },
      process: processUsage(),
    };
    const contributions = this.#subsystems.map((subsystem) => subsystem.publication?.(state));
    return this.#exposition.render(Object.assign(publication, ...contributions), format);
  }

  healthy(): Health {
    const silentMs = this.#sampler.silentMs;
    if (silentMs <= Math.max(DEAD_MS, 20 * this.#parts.sampleMs)) return { ok: true, text: 'healthy' };
    return { ok: false, reason: `the sampler has been silent for ${Math.round(silentMs / 1000)} s` };
  }

  ready(): Health {
    const { hidden, netns } = this.#parts.nodeFacts;
    if (hidden !== undefined) return { ok: false, reason: hidden.message, remedy: hidden.remedy };
    if (netns?.inHostNetns !== false) return { ok: true, text: 'ready' };
    return { ok: false, reason: `not in the node's network namespace: ${netns.why}`, remedy: FOREIGN_REMEDY };
  }

  status(): StatusJson {
    const state = this.#known;
    const { nodeName, context, history, peakWindowMs, thresholds, nodeFacts } = this.#parts;
    const { build } = context;
    const facts = {
      inHostNetns: nodeFacts.netns?.inHostNetns,
      datapath: nodeFacts.datapath(state.reading.timeouts),
    };
    const base = statusJson({ node: nodeName, build, state, history, peakWindowMs, thresholds, facts });
    return Object.assign(base, ...this.#subsystems.map((subsystem) => subsystem.statusJson?.(state)));
  }

  history(seconds: number): HistoryJson {
    const { nodeName, history, context } = this.#parts;
    return historyJson({ node: nodeName, history, seconds, nowMs: context.clock(), wallMs: context.wallClock() });
  }

  flows(): FlowsAnswer {
    const { nodeName, flowSample, context } = this.#parts;
    return flowsAnswer(flowSample, { node: nodeName, nowMs: context.clock(), wallMs: context.wallClock() });
  }

  get #known(): AgentState {
    if (this.#state === undefined) throw new Error('Cannot show the state of the agent: it has not ticked yet');
    return this.#state;
  }

  #sample(): void {
    const sample = this.#parts.reader.sample();
    this.#addSample(sample);
    const usage = usageOf(sample);
    if (usage !== undefined) this.#usage.add(usage);
  }

  #addSample(sample: TableSample): void {
    this.#parts.judge.addSample(sample);
    this.#parts.history.addSample(sample);
  }

  #noDataReasons({ sources }: Reading): string[] {
    const { lagSeconds } = this.#sampler;
    const silentMs = this.#sampler.silentMs - this.#parts.sampleMs;
    const sampleLagMs = lagSeconds === undefined ? undefined : lagSeconds * 1000;
    const { inHostNetns } = this.#parts.nodeFacts.netns ?? {};
    return this.#noData.reasons({ inHostNetns, sources, sampleLagMs, silentMs }, this.#parts.thresholds);
  }
}

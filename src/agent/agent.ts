import type { Notifier } from '../alertmanager/notifier.ts';
import type { Scrapers } from '../analysis/scrapers/scrapers.ts';
import type { History } from '../analysis/table/history.ts';
import { NoData } from '../analysis/table/no-data.ts';
import type { TableJudge } from '../analysis/table/table-judge.ts';
import { UsageHistogram } from '../analysis/table/usage-histogram.ts';
import type { NetnsCheck } from '../host/netns/host-netns.ts';
import type { NodeReader } from '../host/node-reader.ts';
import type { Memory } from '../host/procfs/node-facts.ts';
import { Exposition, type Format } from '../metrics/exposition.ts';
import type { BuildInfo } from '../metrics/family.ts';
import type { Thresholds } from '../model/alarms/thresholds.ts';
import type { Datapath } from '../model/datapath.ts';
import { EVICTION_USAGE } from '../model/kernel.ts';
import type { Log } from '../model/log.ts';
import type { OperatorError } from '../model/operator-error.ts';
import type { ProcessUsage, Reading, TableSample } from '../model/reading.ts';
import { isShortOfMemory, type Status, usageOf } from '../model/status.ts';
import { FOREIGN_REMEDY, type HistoryJson, type StatusJson } from '../model/status-json.ts';
import type { AgentView, FlowsAnswer, Health } from '../web/routes/agent-view.ts';
import type { FlowSampleRunner } from './flow-sample-runner.ts';
import {
  flowSampleSource,
  flowsAnswer,
  protocolsWithoutPortsOf,
  snatPortsOf,
  topAddressesOf,
  topFlowsOf,
} from './flow-sample-view.ts';
import type { FoundFacts } from './housekeeping.ts';
import type { KubeProxyWatch } from './kube-proxy-watch.ts';
import type { NetnsWatch } from './netns-watch.ts';
import { type NewFlowService, newFlowSource, newFlowsJson } from './new-flow-service.ts';
import { type Every, Sampler } from './sampler.ts';
import { StateChangeLog } from './state-change-log.ts';
import { DatapathView, historyJson, statusJson } from './status-json.ts';

/** A sampler silent for longer than this, or than twenty of its intervals, is dead. */
const DEAD_MS = 5000;

/** The running agent: samples the table, judges what it sees, and answers for it. */
export class Agent implements AgentView {
  readonly nodeName: string;
  readonly version: string;
  readonly #parts: AgentParts;
  readonly #sampler: Sampler;
  readonly #changes: StateChangeLog;
  readonly #exposition = new Exposition();
  readonly #usage = new UsageHistogram();
  readonly #noData = new NoData();
  readonly #datapathView = new DatapathView();
  #endReading: (() => void) | undefined;
  #isStopped = false;
  #netns: NetnsCheck | undefined;
  #hidden: OperatorError | undefined;
  #memory: Memory | undefined;

  constructor(parts: AgentParts) {
    const { sampleMs: intervalMs, peakWindowMs: windowMs, clock, every } = parts;
    this.nodeName = parts.nodeName;
    this.version = parts.build.version;
    this.#parts = parts;
    this.#sampler = new Sampler({ intervalMs, windowMs, clock, every, sample: () => this.#sample() });
    this.#changes = new StateChangeLog(parts.log);
  }

  start(): void {
    this.#sampler.start();
    this.#sample(); // The reading may wait for ctnetlink, and kube-proxy is asked only where there is headroom.
    this.#refreshAndRead();
    this.#parts.notifier?.start();
    this.#endReading = this.#parts.every(this.#parts.readMs, () => {
      this.#parts.checkHeap();
      this.#refreshAndRead();
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#sampler.stop();
    this.#endReading?.();
    this.#parts.reader.close();
    await this.#parts.notifier?.stop();
  }

  /** What housekeeping found out; each may be undefined until it has. */
  update({ netns, memory, datapathFacts, hidden }: FoundFacts): void {
    this.#hidden = hidden ?? this.#hidden;
    this.#netns = netns ?? this.#netns;
    if (datapathFacts !== undefined) this.#datapathView.update(datapathFacts);
    this.#memory = memory ?? this.#memory;
  }

  async exposition(format: Format): Promise<{ contentType: string; body: string }> {
    const { reader, clock, notifier, namespaces, scrapers, build, thresholds } = this.#parts;
    const { flowSample: runner, newFlows: listener } = this.#parts;
    await reader.refresh();
    const { reading, status } = this.#read();
    const flowSample = flowSampleSource(runner, clock());
    const newFlows = newFlowSource(listener, clock());
    const agent = {
      inHostNetns: this.#netns?.inHostNetns,
      samples: this.#sampler.samples,
      sampleLagSeconds: this.#sampler.lagSeconds,
    };
    const process = this.#parts.processUsage();
    const connections = {
      scrapes: scrapers?.totals,
      notifications: notifier?.counts,
      alertmanagers: notifier?.reports(),
    };
    return this.#exposition.render(
      {
        build,
        thresholds,
        usage: this.#usage.counts,
        reading,
        status,
        agent,
        process,
        ...connections,
        flowSample,
        newFlows,
        fullest: namespaces?.top,
        datapath: this.#datapath(reading),
      },
      format,
    );
  }

  healthy(): Health {
    const silentMs = this.#sampler.silentMs;
    if (silentMs <= Math.max(DEAD_MS, 20 * this.#parts.sampleMs)) return { ok: true, text: 'healthy' };
    return { ok: false, reason: `the sampler has been silent for ${Math.round(silentMs / 1000)} s` };
  }

  ready(): Health {
    if (this.#hidden !== undefined) {
      const { message, remedy } = this.#hidden;
      return { ok: false, reason: message, remedy };
    }
    if (this.#netns?.inHostNetns !== false) return { ok: true, text: 'ready' };
    return { ok: false, reason: `not in the node's network namespace: ${this.#netns.why}`, remedy: FOREIGN_REMEDY };
  }

  status(): StatusJson {
    const { clock, wallClock, build, peakWindowMs, thresholds, flowSample, newFlows } = this.#parts;
    const { kubeProxy, scrapers, notifier } = this.#parts;
    const { reading, status } = this.#read();
    return statusJson({
      node: this.nodeName,
      build,
      wallMs: wallClock(),
      reading,
      status,
      history: this.#parts.history,
      peakWindowMs,
      thresholds,
      netns: this.#netns,
      memory: this.#memory,
      flowSample: topFlowsOf(flowSample, clock()),
      datapath: this.#datapath(reading),
      kubeProxy: kubeProxy?.settings,
      kubeProxyProblem: kubeProxy?.problem,
      scrapers: scrapers?.reportsAt(clock()),
      alertmanagers: notifier?.reports(),
      newFlows: newFlowsJson(newFlows, flowSample?.last?.flowSample, wasAtLimit(status), clock()),
    });
  }

  history(seconds: number): HistoryJson {
    const { clock, wallClock } = this.#parts;
    return historyJson({
      node: this.nodeName,
      history: this.#parts.history,
      seconds,
      nowMs: clock(),
      wallMs: wallClock(),
    });
  }

  flows(): FlowsAnswer {
    const { flowSample, clock, wallClock } = this.#parts;
    return flowsAnswer(flowSample, { node: this.nodeName, nowMs: clock(), wallMs: wallClock() });
  }

  #sample(): void {
    const sample = this.#parts.reader.sample();
    this.#addSample(sample);
    const usage = usageOf(sample);
    if (usage !== undefined) this.#usage.add(usage);
  }

  /** The reading waits a moment for ctnetlink where it is asked; the event loop does not. */
  #refreshAndRead(): void {
    const refreshed = this.#parts.reader.refresh();
    if (refreshed === undefined) this.#read();
    else void refreshed.then(() => this.#isStopped || this.#read());
  }

  #read(): { readonly reading: Reading; readonly status: Status } {
    const { reader, judge, clock, notifier, flowSample, newFlows, scrapers } = this.#parts;
    const reading = reader.read();
    judge.addCounters(reading.counters, reading.atMs);
    scrapers?.observeTable((usageOf(reading) ?? 0) >= EVICTION_USAGE, reading.atMs);
    judge.addFacts({
      buckets: reading.buckets,
      kubeProxyLimit: this.#parts.kubeProxy?.limitAfterStart(reading.limit),
      snatPorts: snatPortsOf(flowSample),
      protocolsWithoutPorts: protocolsWithoutPortsOf(flowSample),
      scrapers: scrapers?.inputsAt(reading.atMs),
      failingAlertmanagers: notifier?.failing(),
      noDataReasons: this.#noDataReasons(reading),
      isShortOfMemory: this.#memory && isShortOfMemory(this.#memory),
    });
    this.#addSample(reading);
    this.#changes.sources(reading.sources);
    const status = judge.statusAt(clock());
    this.#parts.history.addLosses(status);
    this.#changes.alarms(status);
    notifier?.observe(status, topAddressesOf(flowSample, newFlows?.last));
    return { reading, status };
  }

  /** Interfaces of another namespace tell nothing of the node. */
  #datapath({ timeouts }: Reading): Datapath | undefined {
    if (this.#netns?.inHostNetns === false) return undefined;
    return this.#datapathView.of(this.#parts.kubeProxy?.settings?.mode, timeouts);
  }

  #noDataReasons({ sources }: Reading): string[] {
    const { lagSeconds } = this.#sampler;
    const silentMs = this.#sampler.silentMs - this.#parts.sampleMs;
    const sampleLagMs = lagSeconds === undefined ? undefined : lagSeconds * 1000;
    const facts = { inHostNetns: this.#netns?.inHostNetns, sources, sampleLagMs, silentMs };
    return this.#noData.reasons(facts, this.#parts.thresholds);
  }

  #addSample(sample: TableSample): void {
    this.#parts.judge.addSample(sample);
    this.#parts.history.addSample(sample);
  }
}

/** Whether the kernel may have dropped new flows or evicted entries within the peak window, for it does neither below. */
function wasAtLimit({ peak, limit }: Status): boolean {
  return peak !== undefined && limit !== undefined && limit > 0 && peak >= EVICTION_USAGE * limit;
}

/** What the running agent is put together from. */
type AgentParts = {
  readonly reader: NodeReader;
  readonly judge: TableJudge;
  readonly history: History;
  /** Undefined without an Alertmanager. */
  readonly notifier: Notifier | undefined;
  /** Undefined when no flow sample is taken. */
  readonly flowSample: FlowSampleRunner | undefined;
  /** Undefined when new flows are not counted. */
  readonly newFlows: Pick<NewFlowService, 'last' | 'problem' | 'failures' | 'lost'> | undefined;
  /** Undefined when network namespaces are not scanned. */
  readonly namespaces: NetnsWatch | undefined;
  /** Undefined when kube-proxy is not asked. */
  readonly kubeProxy?: Pick<KubeProxyWatch, 'settings' | 'problem' | 'limitAfterStart'> | undefined;
  /** Undefined where it is not known who scrapes. */
  readonly scrapers: Scrapers | undefined;
  readonly log: Log;
  /** Monotonic, milliseconds. */
  readonly clock: () => number;
  /** By the same clock. */
  readonly every: Every;
  readonly processUsage: () => ProcessUsage;
  /** Called every `readMs`; throws where the agent must not go on. */
  readonly checkHeap: () => void;
  /** Wall clock, milliseconds since the epoch; for people only. */
  readonly wallClock: () => number;
  readonly nodeName: string;
  readonly build: BuildInfo;
  readonly sampleMs: number;
  /** Time between two readings of everything. */
  readonly readMs: number;
  readonly peakWindowMs: number;
  readonly thresholds: Thresholds;
};

import { datapathOf } from '../analysis/datapath.ts';
import { type History, lossReports, timeAbove } from '../analysis/table/history.ts';
import { summaryOf } from '../analysis/table/summary.ts';
import type { DatapathFacts } from '../host/datapath.ts';
import type { NetnsCheck } from '../host/netns/host-netns.ts';
import type { Memory } from '../host/procfs/node-facts.ts';
import type { BuildInfo } from '../metrics/family.ts';
import { alarmWords } from '../model/alarms/alarm.ts';
import { ALARM_ROWS, runbookUrl } from '../model/alarms/alarms.ts';
import type { Thresholds } from '../model/alarms/thresholds.ts';
import type { CloudStatus } from '../model/cloud-allowance.ts';
import type { Datapath } from '../model/datapath.ts';
import { tableBytes } from '../model/kernel.ts';
import { hasKubeProxyTimeouts, type KubeProxySettings } from '../model/kube-proxy.ts';
import { describeError } from '../model/operator-error.ts';
import { isModuleLoaded, type Reading, type Timeout } from '../model/reading.ts';
import type { AlertmanagerReport, ScraperReport } from '../model/scrapers.ts';
import { isFiring, type Status } from '../model/status.ts';
import type {
  AlarmJson,
  CloudJson,
  FlowSampleJson,
  HistoryJson,
  KubeProxyJson,
  NewFlowsJson,
  ProblemJson,
  StatusJson,
} from '../model/status-json.ts';

const HOUR = 3600;

type StatusParts = {
  readonly node: string;
  readonly build: BuildInfo;
  readonly wallMs: number;
  readonly reading: Reading;
  readonly status: Status;
  readonly history: History;
  readonly peakWindowMs: number;
  readonly thresholds: Thresholds;
  readonly netns: NetnsCheck | undefined;
  readonly memory: Memory | undefined;
  readonly flowSample: FlowSampleJson;
  readonly datapath: Datapath | undefined;
  readonly kubeProxy: KubeProxySettings | undefined;
  readonly kubeProxyProblem?: ProblemJson | undefined;
  readonly scrapers?: readonly ScraperReport[] | undefined;
  readonly alertmanagers?: readonly AlertmanagerReport[] | undefined;
  readonly newFlows: NewFlowsJson;
};

/** The answer of /api/v1/status, and what the page shows. */
export function statusJson(parts: StatusParts): StatusJson {
  const { node, build, wallMs, reading, status, thresholds, netns, memory, flowSample, newFlows } = parts;
  const { datapath, kubeProxy } = parts;
  const hour = parts.history.last(HOUR, status.atMs);
  const losses = lossReports(hour, thresholds);
  const { usage, peak, growthPerSecond, isDropping, tableFullDrops } = status;
  const seconds = status.secondsUntilFull;
  const moduleIsLoaded = isModuleLoaded(reading.sources);
  return {
    version: 1,
    node,
    at: new Date(wallMs).toISOString(),
    agent: { version: build.version, revision: build.revision },
    summary: summaryOf({ status, losses, inHostNetns: netns?.inHostNetns, moduleIsLoaded, datapath }),
    table: {
      entries: reading.entries,
      limit: reading.limit,
      buckets: reading.buckets,
      usage,
      peak,
      peakWindowSeconds: parts.peakWindowMs / 1000,
      growthPerSecond,
      secondsUntilFull: seconds === Number.POSITIVE_INFINITY ? null : seconds,
      isDropping,
      timeAbove: timeAbove(hour, thresholds),
    },
    losses: {
      tableFullDrops,
      dropsByCause: status.dropsByCause,
      causes: losses?.map(({ summary: _, ...loss }) => loss),
      counters: status.counters && Object.fromEntries(status.counters),
    },
    cloud: status.cloud && cloudJson(status.cloud),
    kubeProxy: kubeProxy && kubeProxyJson(kubeProxy, status.kubeProxyLimit),
    kubeProxyProblem: parts.kubeProxyProblem,
    datapath,
    timeouts: reading.timeouts,
    alarms: alarmsJson(status),
    memory: memory && memoryJson(reading, memory),
    netns,
    sources: reading.sources.map(({ problem, ...source }) => ({
      ...source,
      problem: problem && describeError(problem),
    })),
    flowSample,
    scrapers: parts.scrapers,
    alertmanagers: parts.alertmanagers,
    newFlows,
  };
}

/** Those that fire, worst first. */
function alarmsJson({ alarms, atMs, inputs }: Status): AlarmJson[] {
  return ALARM_ROWS.flatMap((row) => {
    const { id, alertname, severity } = row;
    const { summary, label } = alarmWords(row, inputs);
    const alarm = alarms.get(id);
    if (alarm === undefined || !isFiring(alarm)) return [];
    const forSeconds = Math.round((atMs - (alarm.firingSinceMs ?? atMs)) / 1000);
    const isResolving = alarm.state === 'resolving';
    return [
      { alarm: id, alertname, severity, label, summary, forSeconds, isResolving, runbookUrl: runbookUrl(alertname) },
    ];
  });
}

function cloudJson({ devices, available, secondsUntilExceeded: seconds, droppedLastMinute }: CloudStatus): CloudJson {
  const secondsUntilExceeded = seconds === Number.POSITIVE_INFINITY ? null : seconds;
  return { devices, available, secondsUntilExceeded, droppedLastMinute };
}

function kubeProxyJson({ mode, version, maxPerCpu, min }: KubeProxySettings, limit: number | undefined): KubeProxyJson {
  return { mode, version: version?.text, maxPerCore: maxPerCpu, min, limitAfterStart: limit };
}

/** Bytes; the two of the table are estimates. */
function memoryJson({ entries, limit, buckets }: Reading, memory: Memory): unknown {
  const bytesOf = (count?: number) => (count === undefined ? undefined : tableBytes(count, buckets ?? 0));
  return { ...memory, tableBytes: bytesOf(entries), fullTableBytes: bytesOf(limit) };
}

type HistoryParts = {
  readonly node: string;
  readonly history: History;
  readonly seconds: number;
  readonly nowMs: number;
  readonly wallMs: number;
};

/** The answer of /api/v1/history. */
export function historyJson({ node, history, seconds, nowMs, wallMs }: HistoryParts): HistoryJson {
  const { endSecond, columns } = history.last(seconds, nowMs);
  const { entries, limit, peak, table_full: dropped } = columns;
  const at = new Date(wallMs).toISOString();
  return {
    version: 1,
    node,
    at,
    resolutionSeconds: 1,
    endSecond,
    entries: orNull(entries),
    limit: orNull(limit),
    peak: orNull(peak),
    dropped: orNull(dropped),
  };
}

function orNull(values: Float64Array): (number | null)[] {
  return Array.from(values, (value) => (Number.isNaN(value) ? null : value));
}

/** How the node connects its pods, judged anew only when something has changed: a node may have thousands of interfaces. */
export class DatapathView {
  #facts: DatapathFacts | undefined;
  #key = '';
  #datapath: Datapath | undefined;

  update(facts: DatapathFacts): void {
    this.#facts = facts;
    this.#key = '';
  }

  /** Undefined before the first facts, and where nothing shows. */
  of(kubeProxyMode: string | undefined, timeouts: readonly Timeout[]): Datapath | undefined {
    if (this.#facts === undefined) return undefined;
    const hasTimeouts = hasKubeProxyTimeouts(timeouts);
    const key = `${kubeProxyMode} ${hasTimeouts}`;
    if (key !== this.#key) {
      this.#key = key;
      this.#datapath = datapathOf({ ...this.#facts, kubeProxyMode, hasKubeProxyTimeouts: hasTimeouts });
    }
    return this.#datapath;
  }
}

import { type History, lossReports, timeAbove } from '../analysis/table/history.ts';
import { summaryOf } from '../analysis/table/summary.ts';
import type { BuildInfo } from '../metrics/family.ts';
import { alarmWords } from '../model/alarms/alarm.ts';
import { ALARM_ROWS, runbookUrl } from '../model/alarms/alarms.ts';
import type { Thresholds } from '../model/alarms/thresholds.ts';
import type { CloudStatus } from '../model/cloud-allowance.ts';
import type { Datapath } from '../model/datapath.ts';
import { describeError } from '../model/operator-error.ts';
import { isModuleLoaded } from '../model/reading.ts';
import { isFiring, type Status } from '../model/status.ts';
import type { AlarmJson, CloudJson, HistoryJson, StatusJson } from '../model/status-json.ts';
import { noFlowSample } from './flow-sample-view.ts';
import type { AgentState } from './subsystem.ts';

const HOUR = 3600;

type StatusParts = {
  readonly node: string;
  readonly build: BuildInfo;
  readonly state: AgentState;
  readonly history: History;
  readonly peakWindowMs: number;
  readonly thresholds: Thresholds;
  readonly facts: {
    /** False: the table is another namespace's. */
    readonly inHostNetns: boolean | undefined;
    readonly datapath: Datapath | undefined;
  };
};

/** The response of /api/v1/status, and what the status page shows, but for the members that subsystems contribute. */
export function statusJson({ node, build, state, thresholds, facts, ...parts }: StatusParts): StatusJson {
  const { reading, status, wallMs } = state;
  const hour = parts.history.last(HOUR, status.atMs);
  const losses = lossReports(hour, thresholds);
  const { usage, peak, growthPerSecond, isDropping, tableFullDrops } = status;
  const seconds = status.secondsUntilFull;
  return {
    version: 1,
    node,
    at: new Date(wallMs).toISOString(),
    agent: { version: build.version, revision: build.revision },
    summary: summaryOf({ status, losses, moduleIsLoaded: isModuleLoaded(reading.sources), ...facts }),
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
    timeouts: reading.timeouts,
    alarms: alarmsJson(status),
    sources: reading.sources.map(({ problem, ...source }) => ({
      ...source,
      problem: problem && describeError(problem),
    })),
    flowSample: noFlowSample(undefined),
    newFlows: { state: 'off' },
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

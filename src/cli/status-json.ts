import type { Memory } from '../host/memory.ts';
import type { NetnsVerdict } from '../host/netns.ts';
import type { Reading } from '../host/reading.ts';
import type { History } from '../judge/history.ts';
import { type LossReport, lossReports } from '../judge/loss-report.ts';
import { tableBytes } from '../judge/sizing.ts';
import type { Status } from '../judge/table-judge.ts';
import { timeAbove } from '../judge/time-above.ts';
import { verdictOn } from '../judge/verdict.ts';
import type { BuildInfo } from '../metrics/exposition.ts';
import { describeError } from '../operator-error.ts';
import { ALERT_KINDS } from '../pager/alert-kinds.ts';
import { runbookOf } from '../pager/annotations.ts';
import type { AlarmJson, CensusJson, LossJson, StatusJson } from '../view/status-json.ts';
import { hasConntrack } from './change-log.ts';

const HOUR = 3600;

export type StatusParts = {
  readonly node: string;
  readonly build: BuildInfo;
  readonly wallMs: number;
  readonly reading: Reading;
  readonly status: Status;
  readonly history: History;
  readonly peakWindowMs: number;
  readonly netns: NetnsVerdict | undefined;
  readonly memory: Memory | undefined;
  readonly census: CensusJson;
};

/** The answer of /api/v1/status, and what the page shows. */
export function statusJson(parts: StatusParts): StatusJson {
  const { node, build, wallMs, reading, status, netns, memory, census } = parts;
  const hour = parts.history.last(HOUR, status.atMs);
  const losses = lossReports(hour);
  const { usage, peak, growthPerSecond, isRefusing, tableFullDrops } = status;
  const seconds = status.secondsUntilFull;
  const moduleIsLoaded = hasConntrack(reading.sources);
  return {
    version: 1,
    node,
    at: new Date(wallMs).toISOString(),
    agent: { version: build.version, revision: build.revision },
    verdict: verdictOn({ status, losses, inHostNetns: netns?.inHostNetns, moduleIsLoaded }),
    table: {
      entries: reading.entries,
      limit: reading.limit,
      buckets: reading.buckets,
      usage,
      peak,
      peakWindowSeconds: parts.peakWindowMs / 1000,
      growthPerSecond,
      secondsUntilFull: seconds === Number.POSITIVE_INFINITY ? null : seconds,
      isRefusing,
      timeAbove: timeAbove(hour),
    },
    losses: {
      tableFullDrops,
      causes: losses?.map(lossJson),
      counters: status.counters && Object.fromEntries(status.counters),
    },
    timeouts: reading.timeouts,
    alarms: status.alarms && alarmsJson(status),
    memory: memory && memoryJson(reading, memory),
    netns,
    sources: reading.sources.map(({ problem, ...source }) => ({
      ...source,
      problem: problem && describeError(problem),
    })),
    census,
  };
}

function lossJson({ says: _, ...loss }: LossReport): LossJson {
  return loss;
}

/** Worst first, as the table of kinds has them. */
function alarmsJson({ alarms, atMs }: Status): AlarmJson[] {
  return Object.entries(ALERT_KINDS).flatMap(([alarm, { alertname, severity, says }]) => {
    const { isRaised, sinceMs, isCalming = false } = alarms?.get(alarm as keyof typeof ALERT_KINDS) ?? {};
    if (!isRaised) return [];
    const forSeconds = sinceMs === undefined ? undefined : Math.round((atMs - sinceMs) / 1000);
    return [{ alarm, alertname, severity, says, forSeconds, isCalming, runbookUrl: runbookOf(alertname) }];
  });
}

/** Bytes; the two of the table are estimates. */
function memoryJson({ entries, limit, buckets }: Reading, memory: Memory): unknown {
  const bytesOf = (count?: number) => (count === undefined ? undefined : tableBytes(count, buckets ?? 0));
  return { ...memory, tableBytes: bytesOf(entries), fullTableBytes: bytesOf(limit) };
}

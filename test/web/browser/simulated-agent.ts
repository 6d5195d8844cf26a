/** An agent that has watched for an hour within a second: real judge, real history, real answers; only the time is made. */

import { historyJson, statusJson } from '../../../src/agent/status-json.ts';
import { History } from '../../../src/analysis/table/history.ts';
import { NoData } from '../../../src/analysis/table/no-data.ts';
import { TableJudge } from '../../../src/analysis/table/table-judge.ts';
import type { NetnsCheck } from '../../../src/host/netns/host-netns.ts';
import { DEFAULT_THRESHOLDS } from '../../../src/model/alarms/thresholds.ts';
import type { Datapath } from '../../../src/model/datapath.ts';
import { type Reading, SOURCES, type SourceReport, type Via } from '../../../src/model/reading.ts';
import type { AlertmanagerReport, ScraperReport } from '../../../src/model/scrapers.ts';
import type { FlowSampleJson, NewFlowsJson } from '../../../src/model/status-json.ts';
import type { AgentView } from '../../../src/web/routes/agent-view.ts';
import { type CounterValues, counterRow } from '../../counter-row.ts';
import { WELL } from '../serving.ts';

/** What the kernel says at one moment; `second` counts from the start and goes on after the hour. */
export type Scene = {
  readonly node?: string;
  readonly entries: (second: number) => number | undefined;
  readonly limit?: (second: number) => number | undefined;
  readonly counters?: ((second: number) => CounterValues) | undefined;
  readonly problems?: Readonly<Partial<Record<(typeof SOURCES)[number], Error>>>;
  readonly isUnloaded?: boolean;
  readonly netns?: NetnsCheck;
  readonly datapath?: Datapath;
  readonly flowSample?: FlowSampleJson;
  readonly scrapers?: readonly ScraperReport[];
  readonly alertmanagers?: readonly AlertmanagerReport[];
  readonly newFlows?: NewFlowsJson;
};

const BUILD = { version: '0.1.0', revision: 'abc1234', nodeVersion: process.version };
const OWN: NetnsCheck = { inHostNetns: true, why: "the node's address 10.20.0.14 is on a local interface" };
const OFF: FlowSampleJson = {
  state: 'off',
  error: 'The flow sample is off',
  remedy: 'Start the agent with --collector.flows',
};
const QUIET = { drop: 0, insert_failed: 0, early_drop: 0, chainlength: 0, invalid: 0, found: 0 };
const PEAK_WINDOW_MS = 60_000;
const STEP_MS = 200;

/** A view that has seen the scene for so many seconds and goes on seeing it in real time. */
export function simulatedAgent(scene: Scene, seconds = 3600): AgentView {
  const judge = new TableJudge({ peakWindowMs: PEAK_WINDOW_MS });
  const history = new History();
  const noData = new NoData();
  const inHostNetns = (scene.netns ?? OWN).inHostNetns;
  const reasonsOf = ({ sources }: Reading) =>
    noData.reasons({ inHostNetns, sources, sampleLagMs: 0, silentMs: 0 }, DEFAULT_THRESHOLDS);
  const look = (atMs: number) => {
    const reading = readingAt(scene, atMs);
    judge.addCounters(reading.counters, atMs);
    judge.addFacts({
      buckets: reading.buckets,
      noDataReasons: reasonsOf(reading),
      scrapers: scene.scrapers && { overdue: [], reconnecting: stopping(scene.scrapers), unscrapedMs: 0 },
    });
    judge.addSample(reading);
    history.addSample(reading);
    history.addLosses(judge.statusAt(atMs));
    return reading;
  };
  for (let atMs = 0; atMs < seconds * 1000; atMs += STEP_MS) look(atMs);
  const startedMs = performance.now() - seconds * 1000;
  const node = scene.node ?? 'node-14.prod';
  return {
    ...WELL,
    nodeName: node,
    version: BUILD.version,
    status() {
      const nowMs = performance.now() - startedMs;
      const reading = look(nowMs);
      const netns = scene.netns ?? OWN;
      const status = statusJson({
        node,
        build: BUILD,
        state: { reading, status: judge.statusAt(nowMs), wallMs: Date.now() },
        history,
        peakWindowMs: PEAK_WINDOW_MS,
        thresholds: DEFAULT_THRESHOLDS,
        facts: { inHostNetns: netns.inHostNetns, datapath: scene.datapath },
      });
      return {
        ...status,
        netns,
        flowSample: scene.flowSample ?? OFF,
        datapath: scene.datapath,
        scrapers: scene.scrapers,
        alertmanagers: scene.alertmanagers,
        newFlows: scene.newFlows ?? { state: 'off' },
      };
    },
    history(wanted) {
      const nowMs = performance.now() - startedMs;
      return historyJson({ node, history, seconds: wanted, nowMs, wallMs: Date.now() });
    },
  };
}

function stopping(scrapers: readonly ScraperReport[]): string[] {
  return scrapers.filter(({ isTool, whileFull }) => !isTool && whileFull === 'stops').map(({ userAgent }) => userAgent);
}

function readingAt(scene: Scene, atMs: number): Reading {
  const second = atMs / 1000;
  const { isUnloaded = false, problems = {} } = scene;
  const entries = isUnloaded || problems.entries ? undefined : scene.entries(second);
  const limit = isUnloaded || problems.limit ? undefined : (scene.limit?.(second) ?? 262_144);
  const counters = isUnloaded || problems.counters ? undefined : { ...QUIET, ...scene.counters?.(second) };
  return {
    atMs,
    entries: entries && Math.round(entries),
    limit,
    buckets: isUnloaded ? undefined : 262_144,
    timeouts: [],
    counters: counters && [new Map(Array.from(counterRow(counters), ([column, value]) => [column, Math.floor(value)]))],
    sources: SOURCES.map((source): SourceReport => {
      const problem = problems[source];
      const via: Via = source === 'counters' ? 'procfs' : 'sysctl';
      const report = { source, via, durationSeconds: source === 'timeouts' ? 0.0007 : 0.000_02 };
      return { ...report, up: !isUnloaded && problem === undefined, ...(problem && { problem }) };
    }),
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { CounterSnapshot, FlowSampleSnapshot, Snapshot, SourceSnapshot } from '../../analysis/advice/snapshot.ts';
import { CounterAccumulator, TableFullDrops } from '../../analysis/counters.ts';
import { readNetnsCheck } from '../../host/netns.ts';
import {
  readCpuCount,
  readDropHasInsertFailures,
  readKernelRelease,
  readMeminfo,
  readUptime,
} from '../../host/node-facts.ts';
import type { NodeReader } from '../../host/node-reader.ts';
import type { ProcFs } from '../../host/proc-fs.ts';
import { describeError } from '../../model/operator-error.ts';
import type { Reading, SourceReport } from '../../model/reading.ts';
import type { Thresholds } from '../../model/thresholds.ts';

export type SnapshotParts = Partial<FlowSampleSnapshot> & {
  readonly proc: ProcFs;
  readonly reader: NodeReader;
  readonly nodeIp: string | undefined;
  /** Monotonic, milliseconds. */
  readonly clock: () => number;
  readonly sampleMs: number;
  readonly lookMs: number;
  readonly thresholds: Thresholds;
  readonly countersAreWanted: boolean;
  readonly hasNetAdmin: boolean;
};

/** A snapshot of a node: everything at both ends, the count as often as the sampler would in between. */
export async function takeSnapshot(parts: SnapshotParts): Promise<Snapshot> {
  const { reader, clock } = parts;
  await reader.refresh();
  const first = reader.read();
  const untilMs = first.atMs + parts.lookMs;
  let peak = first.entries;
  for (let leftMs = parts.lookMs; leftMs > 0; leftMs = untilMs - clock()) {
    await sleep(Math.min(leftMs, parts.sampleMs));
    peak = highest(peak, reader.sample().entries);
  }
  await reader.refresh();
  const last = reader.read();
  return snapshotOf(parts, first, last, highest(peak, last.entries));
}

function highest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : Math.max(a, b ?? 0);
}

function snapshotOf(parts: SnapshotParts, first: Reading, last: Reading, peak: number | undefined): Snapshot {
  const { proc, nodeIp, thresholds, countersAreWanted, hasNetAdmin, flowSample, flowSampleProblem } = parts;
  const { entries, limit, buckets, timeouts } = last;
  const release = readKernelRelease(proc);
  return {
    snapshotSeconds: (last.atMs - first.atMs) / 1000,
    thresholds,
    moduleIsLoaded: last.sources.some(({ source, up, problem }) => source !== 'counters' && (up || problem)),
    entries,
    limit,
    buckets,
    peak,
    timeouts,
    counters: countersOver(first, last, readDropHasInsertFailures(proc)),
    memory: readMeminfo(proc),
    cpus: readCpuCount(proc),
    kernel: release && { ...release, text: proc.read('sys/kernel/osrelease')!.trim() },
    uptimeSeconds: readUptime(proc),
    netns: readNetnsCheck(proc, nodeIp),
    sources: last.sources.map(sourceSnapshot),
    countersAreWanted,
    hasNetAdmin,
    flowSample,
    flowSampleProblem,
  };
}

function sourceSnapshot({ source, via, up, problem }: SourceReport): SourceSnapshot {
  return { source, via, up, ...(problem && { problem: describeError(problem) }) };
}

/** Undefined where either end of the snapshot has no counters. */
function countersOver(first: Reading, last: Reading, hasFailures: boolean): CounterSnapshot | undefined {
  if (first.counters === undefined || last.counters === undefined) return undefined;
  const accumulator = new CounterAccumulator();
  accumulator.add(first.counters, first.atMs);
  const grown = accumulator.add(last.counters, last.atMs);
  const sinceBoot = accumulator.totals(grown.keys());
  return {
    sinceBoot,
    grown,
    tableFullDropsSinceBoot: new TableFullDrops(hasFailures).add(sinceBoot),
    tableFullDrops: new TableFullDrops(hasFailures).add(grown),
  };
}

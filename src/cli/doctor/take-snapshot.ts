import { setTimeout as sleep } from 'node:timers/promises';
import type { CounterSnapshot, FlowSampleSnapshot, Snapshot, SourceSnapshot } from '../../analysis/advice/snapshot.ts';
import { CloudAllowance } from '../../analysis/cloud-allowance.ts';
import { CounterAccumulator, TableFullDrops } from '../../analysis/counters.ts';
import { datapathOf } from '../../analysis/datapath.ts';
import { InsertFailureCauses } from '../../analysis/insert-failure-causes.ts';
import { readDatapathFacts } from '../../host/datapath.ts';
import { readNetnsCheck, readOnlySettings } from '../../host/netns.ts';
import {
  readCpuCount,
  readDropHasInsertFailures,
  readKernelRelease,
  readMeminfo,
  readUptime,
} from '../../host/node-facts.ts';
import type { NodeReader } from '../../host/node-reader.ts';
import type { ProcFs } from '../../host/proc-fs.ts';
import type { CloudReading, CloudStatus } from '../../model/cloud-allowance.ts';
import type { InsertFailures } from '../../model/insert-failures.ts';
import { hasKubeProxyTimeouts, type KubeProxySettings } from '../../model/kube-proxy.ts';
import { describeError } from '../../model/operator-error.ts';
import { isModuleLoaded, type Reading, type SourceReport } from '../../model/reading.ts';
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
  readonly kubeProxy?: KubeProxySettings | undefined;
  /** Undefined where no network driver tells of the cloud's allowance. */
  readonly readCloud?: (() => Promise<readonly CloudReading[]>) | undefined;
};

/** So often are the counters read, since the cause of a failed insertion is seen in what else grew at the same time. */
const READ_MS = 250;

/** A snapshot of a node: everything at both ends, the count as often as the sampler would in between. */
export async function takeSnapshot(parts: SnapshotParts): Promise<Snapshot> {
  const { reader, clock, readCloud } = parts;
  const cloud = new CloudAllowance();
  const addCloud = async () => cloud.add((await readCloud?.()) ?? [], clock());
  await addCloud();
  await reader.refresh();
  const first = reader.read();
  const untilMs = first.atMs + parts.lookMs;
  const readings = [first];
  let peak = first.entries;
  for (let leftMs = parts.lookMs; leftMs > 0; leftMs = untilMs - clock()) {
    await sleep(Math.min(leftMs, parts.sampleMs));
    peak = highest(peak, reader.sample().entries);
    if (clock() - readings.at(-1)!.atMs < READ_MS) continue;
    await reader.refresh();
    readings.push(reader.read());
  }
  await reader.refresh();
  const last = reader.read();
  await addCloud();
  return snapshotOf(parts, [...readings, last], highest(peak, last.entries), cloud.statusAt(clock()));
}

function highest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : Math.max(a, b ?? 0);
}

function snapshotOf(
  parts: SnapshotParts,
  readings: readonly Reading[],
  peak: number | undefined,
  cloud: CloudStatus | undefined,
): Snapshot {
  const [first, last] = [readings[0]!, readings.at(-1)!];
  const { proc, nodeIp, thresholds, countersAreWanted, hasNetAdmin, flowSample, flowSampleProblem, kubeProxy } = parts;
  const { entries, limit, buckets, timeouts } = last;
  const release = readKernelRelease(proc);
  return {
    snapshotSeconds: (last.atMs - first.atMs) / 1000,
    thresholds,
    moduleIsLoaded: isModuleLoaded(last.sources),
    entries,
    limit,
    buckets,
    isReadOnly: readOnlySettings(proc),
    peak,
    timeouts,
    counters: countersOver(readings, readDropHasInsertFailures(proc)),
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
    kubeProxy,
    cloud,
    datapath: datapathOf({
      ...readDatapathFacts(proc),
      kubeProxyMode: kubeProxy?.mode,
      hasKubeProxyTimeouts: hasKubeProxyTimeouts(timeouts),
    }),
    watchers: undefined,
  };
}

function sourceSnapshot({ source, via, up, problem }: SourceReport): SourceSnapshot {
  return { source, via, up, ...(problem && { problem: describeError(problem) }) };
}

/** Undefined where either end of the snapshot has no counters. */
function countersOver(readings: readonly Reading[], hasFailures: boolean): CounterSnapshot | undefined {
  const [first, last] = [readings[0]!, readings.at(-1)!];
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
    insertFailures: insertFailuresOver(readings),
  };
}

function insertFailuresOver(readings: readonly Reading[]): InsertFailures | undefined {
  const accumulator = new CounterAccumulator();
  const causes = new InsertFailureCauses();
  for (const { counters, atMs } of readings) {
    if (counters !== undefined) causes.add(accumulator.add(counters, atMs), atMs);
  }
  return causes.settledTotals;
}

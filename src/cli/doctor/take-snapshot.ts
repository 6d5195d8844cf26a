import { setTimeout as sleep } from 'node:timers/promises';
import type {
  CounterSnapshot,
  FlowSampleSnapshot,
  Problem,
  Snapshot,
  SourceSnapshot,
} from '../../analysis/advice/snapshot.ts';
import { datapathOf } from '../../analysis/datapath.ts';
import { CloudAllowance } from '../../analysis/table/cloud-allowance.ts';
import { CounterAccumulator, TableFullDrops } from '../../analysis/table/counters.ts';
import { DropCauses } from '../../analysis/table/drop-causes.ts';
import { InsertFailureCauses } from '../../analysis/table/insert-failure-causes.ts';
import { findAllowanceDevices, readAllowances } from '../../host/cloud/cloud-allowance.ts';
import { FlowSampler, type FlowSamplerParts } from '../../host/ctnetlink/flow-sampler.ts';
import { readDatapathFacts } from '../../host/datapath.ts';
import type { KubeProxyAddress } from '../../host/kube-proxy.ts';
import { readNetnsCheck, readOnlySettings } from '../../host/netns/host-netns.ts';
import type { NodeReader, Warn } from '../../host/node-reader.ts';
import {
  readCpuCount,
  readDropHasInsertFailures,
  readKernelRelease,
  readMeminfo,
  readUptime,
} from '../../host/procfs/node-facts.ts';
import type { ProcFs } from '../../host/procfs/proc-fs.ts';
import type { Thresholds } from '../../model/alarms/thresholds.ts';
import type { CloudReading, CloudStatus } from '../../model/cloud-allowance.ts';
import { hasKubeProxyTimeouts, type KubeProxySettings } from '../../model/kube-proxy.ts';
import { describeError } from '../../model/operator-error.ts';
import { isModuleLoaded, type Reading, type SourceReport, type TableSample } from '../../model/reading.ts';
import { type DropsByCause, type InsertFailures, isShortOfMemory, usageOf } from '../../model/status.ts';

type SnapshotParts = Partial<FlowSampleSnapshot> & {
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

/** What was read, in the order of time. */
type Looked = { readonly readings: readonly Reading[]; readonly samples: readonly TableSample[] };

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
  const samples: TableSample[] = [first];
  let peak = first.entries;
  for (let leftMs = parts.lookMs; leftMs > 0; leftMs = untilMs - clock()) {
    await sleep(Math.min(leftMs, parts.sampleMs));
    const sample = reader.sample();
    samples.push(sample);
    peak = highest(peak, sample.entries);
    if (clock() - readings.at(-1)!.atMs < READ_MS) continue;
    await reader.refresh();
    readings.push(reader.read());
  }
  await reader.refresh();
  const last = reader.read();
  await addCloud();
  const looked = { readings: [...readings, last], samples: [...samples, last] };
  return snapshotOf(parts, looked, highest(peak, last.entries), cloud.statusAt(clock()));
}

function highest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : Math.max(a, b ?? 0);
}

function snapshotOf(
  parts: SnapshotParts,
  looked: Looked,
  peak: number | undefined,
  cloud: CloudStatus | undefined,
): Snapshot {
  const [first, last] = [looked.readings[0]!, looked.readings.at(-1)!];
  const { proc, nodeIp, thresholds, countersAreWanted, hasNetAdmin, flowSample, flowSampleProblem, kubeProxy } = parts;
  const { entries, limit, buckets, timeouts } = last;
  const release = readKernelRelease(proc);
  const memory = readMeminfo(proc);
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
    counters: countersOver(looked, readDropHasInsertFailures(proc), memory !== undefined && isShortOfMemory(memory)),
    memory,
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
function countersOver(looked: Looked, hasFailures: boolean, isShort: boolean): CounterSnapshot | undefined {
  const { readings } = looked;
  const [first, last] = [readings[0]!, readings.at(-1)!];
  if (first.counters === undefined || last.counters === undefined) return undefined;
  const accumulator = new CounterAccumulator();
  accumulator.add(first.counters, first.atMs);
  const grown = accumulator.add(last.counters, last.atMs);
  const sinceBoot = accumulator.totals(grown.keys());
  const dropsByCause = dropsOver(looked, hasFailures, isShort);
  return {
    sinceBoot,
    grown,
    tableFullDropsSinceBoot: new TableFullDrops(hasFailures).add(sinceBoot),
    tableFullDrops: dropsByCause?.table_full,
    dropsByCause,
    insertFailures: insertFailuresOver(readings),
  };
}

/** By samples and readings in the order of their time. */
function dropsOver({ readings, samples }: Looked, hasFailures: boolean, isShort: boolean): DropsByCause | undefined {
  const accumulator = new CounterAccumulator();
  const causes = new DropCauses(hasFailures);
  let next = 0;
  for (const { counters, atMs } of readings) {
    for (; next < samples.length && samples[next]!.atMs <= atMs; next += 1) {
      const usage = usageOf(samples[next]!);
      if (usage !== undefined) causes.addUsage(usage, samples[next]!.atMs);
    }
    if (counters !== undefined) causes.add(accumulator.add(counters, atMs), atMs, isShort);
  }
  return causes.settledTotals;
}

function insertFailuresOver(readings: readonly Reading[]): InsertFailures | undefined {
  const accumulator = new CounterAccumulator();
  const causes = new InsertFailureCauses();
  for (const { counters, atMs } of readings) {
    if (counters !== undefined) causes.add(accumulator.add(counters, atMs), atMs);
  }
  return causes.settledTotals;
}

type AskFlowSampleParts = FlowSamplerParts & { readonly hasNetAdmin: boolean };

/**
 * Who holds the entries, where this process may ask and the procfs is the kernel's. Never rejects: a flow sample that is refused
 * or fails is a finding of its own, and the rest of the snapshot goes on.
 */
export async function askFlowSample({ hasNetAdmin, ...parts }: AskFlowSampleParts): Promise<FlowSampleSnapshot> {
  if (!hasNetAdmin || !parts.proc.isKernel()) return { flowSample: undefined, flowSampleProblem: undefined };
  const sampler = new FlowSampler(parts);
  try {
    return { flowSample: (await sampler.take()).flowSample, flowSampleProblem: undefined };
  } catch (problem) {
    return { flowSample: undefined, flowSampleProblem: describeError(problem) };
  } finally {
    sampler.close();
  }
}

/** Reads the cloud's allowance, as often as it is called. Never rejects: what cannot be read is left out, with a warning. */
type CloudReader = { read(): Promise<readonly CloudReading[]>; close(): void };

/** Undefined where no network driver tells of an allowance, and then libc is not loaded; nor beside a copied procfs. */
export async function openCloudReader(proc: ProcFs, warn: Warn): Promise<CloudReader | undefined> {
  if (!proc.isKernel()) return undefined;
  try {
    const devices = findAllowanceDevices();
    if (devices.length === 0) return undefined;
    const { openEthtool } = await import('../../host/cloud/ethtool-socket.ts');
    const ethtool = openEthtool();
    return {
      async read() {
        const { readings, problem } = await readAllowances(ethtool, devices);
        if (problem !== undefined) warn("the cloud's allowance is not known", problem);
        return readings;
      },
      close: () => ethtool.close(),
    };
  } catch (error) {
    warn("the cloud's allowance is not known", error);
    return undefined;
  }
}

type AskKubeProxyParts = {
  readonly proc: ProcFs;
  readonly address: KubeProxyAddress;
  /** The address was given, and is asked alone. */
  readonly isConfigured: boolean;
  /** Whether one connection more does no harm. */
  readonly hasHeadroom: boolean;
  /** Called with the reason where it was asked in vain. */
  readonly report: (problem: Problem) => void;
};

/** What kube-proxy tells of itself; undefined where it does not, and where it would be another node's. Never rejects. */
export async function askKubeProxyOnce({
  proc,
  address,
  isConfigured,
  hasHeadroom,
  report,
}: AskKubeProxyParts): Promise<KubeProxySettings | undefined> {
  if (!hasHeadroom || !proc.isKernel()) return undefined;
  const { askKubeProxyAt, kubeProxyAddresses } = await import('../../host/kube-proxy.ts');
  try {
    return await askKubeProxyAt(kubeProxyAddresses(address, isConfigured));
  } catch (error) {
    report(describeError(error)); // Many nodes have none.
    return undefined;
  }
}

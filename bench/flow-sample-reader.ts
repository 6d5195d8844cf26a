/** Run by flow-sample.ts inside the namespace that is filled: arguments budget and runs, one JSON array on stdout. */
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { FLOW_COUNTER_CAPACITY, FlowCounter } from '../src/analysis/flows/flow-counter.ts';
import { FlowDumper } from '../src/host/ctnetlink/flow-dump.ts';
import type { Timeout } from '../src/model/reading.ts';

export type FlowSampleRun = {
  readonly read: number;
  readonly entries: number | undefined;
  readonly wallMs: number;
  readonly userMs: number;
  readonly systemMs: number;
  readonly loopDelayP99Ms: number;
  readonly loopDelayMaxMs: number;
  /** Resident memory before and after; the first of all before koffi is loaded. */
  readonly rssBeforeMb: number;
  readonly rssMb: number;
};

const [budget = 0, runs = 1] = process.argv.slice(2).map(Number);
/** Those of the kernel, but for the one that the flows of the bench have (see fill()). */
const TIMEOUTS: readonly Timeout[] = [
  { protocol: 'tcp', state: 'established', seconds: 432_000 },
  { protocol: 'tcp', state: 'time_wait', seconds: 120 },
  { protocol: 'udp', state: 'default', seconds: 600 },
  { protocol: 'udp', state: 'stream', seconds: 120 },
];

const dumper = new FlowDumper();
const count = new FlowCounter({ top: 20, capacity: FLOW_COUNTER_CAPACITY, seed: 0x5eed });
const delay = monitorEventLoopDelay({ resolution: 1 });

function sysctl(name: string): number {
  return Number(readFileSync(`/proc/sys/net/netfilter/nf_conntrack_${name}`, 'utf8'));
}

async function flowSample(): Promise<Pick<FlowSampleRun, 'read' | 'entries'>> {
  const dump = await dumper.dump({
    budget,
    begin: () => count.begin(TIMEOUTS),
    tableSize: () => ({ entries: sysctl('count'), buckets: sysctl('buckets') }),
  });
  const { read, entries } = dump.sink.end(dump);
  return { read, entries };
}

async function measured(): Promise<FlowSampleRun> {
  const rssBeforeMb = process.memoryUsage.rss() / 2 ** 20;
  delay.reset();
  delay.enable();
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  const { read, entries } = await flowSample();
  const wallMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpu);
  delay.disable();
  const [loopDelayP99Ms, loopDelayMaxMs] = [delay.percentile(99) / 1e6, delay.max / 1e6];
  const rssMb = process.memoryUsage.rss() / 2 ** 20;
  const cpuMs = { userMs: user / 1000, systemMs: system / 1000 };
  return { read, entries, wallMs, ...cpuMs, loopDelayP99Ms, loopDelayMaxMs, rssBeforeMb, rssMb };
}

const report: FlowSampleRun[] = [];
for (let run = 0; run < runs; run += 1) {
  report.push(await measured());
  await new Promise((resolve) => setTimeout(resolve, 50));
}
process.stdout.write(JSON.stringify(report));

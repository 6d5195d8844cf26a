/**
 * Run inside the lab's node by new-flows.test.ts and bench/new-flows.ts: arguments are the windows' lengths in ms. Writes "listening"
 * to stderr before the first, and one JSON array of NewFlowsRun to stdout.
 */
import { readFileSync } from 'node:fs';
import { NewFlowCount } from '../../src/analysis/flows/new-flow-rate.ts';
import { NewFlowWindow } from '../../src/host/ctnetlink/new-flow-events.ts';
import { ProcFs } from '../../src/host/procfs/proc-fs.ts';

export type NewFlowsRun = {
  readonly windowSeconds: number;
  readonly heard: number;
  readonly lost: number;
  readonly perSecond: number;
  /** By how much nf_conntrack_count grew between joining and leaving; nothing ends meanwhile. */
  readonly grown: number;
  /** Of this process, for the window and what is done after it. */
  readonly cpuMs: number;
  /** Of it what was used after the window. */
  readonly fetchMs: number;
};

const counts: number[] = [];
let leftCpu = process.cpuUsage();

/** The window asks for the time right before it joins and right after it has left. */
function clock(): number {
  counts.push(Number(readFileSync('/proc/sys/net/netfilter/nf_conntrack_count', 'utf8')));
  leftCpu = process.cpuUsage();
  return performance.now();
}

const cpuMsSince = (before: NodeJS.CpuUsage) => {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

const window = new NewFlowWindow({
  proc: new ProcFs('/proc'),
  clock,
  counting: (seed) => new NewFlowCount({ top: 20, seed }),
});
await window.listen(1); // Loads what is loaded once.
process.stderr.write('listening\n');
const runs: NewFlowsRun[] = [];
for (const forMs of process.argv.slice(2).map(Number)) {
  counts.length = 0;
  const before = process.cpuUsage();
  const { newFlows } = await window.listen(forMs);
  const { windowSeconds, heard, lost, perSecond } = newFlows;
  const [cpuMs, fetchMs] = [cpuMsSince(before), cpuMsSince(leftCpu)];
  runs.push({ windowSeconds, heard, lost, perSecond, grown: counts[1]! - counts[0]!, cpuMs, fetchMs });
}
process.stdout.write(JSON.stringify(runs));

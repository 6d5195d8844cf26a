/**
 * `node build.mjs && tsx bench/new-flows.ts`, as root: what a window of new flows costs and hears at 100, 10,000 and 50,000 new
 * flows a second, beside `conntrack -E` on the same traffic in the same seconds.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { windowMs } from '../src/analysis/flows/new-flow-rate.ts';
import { fill } from '../test/kernel/lab/flood.ts';
import { withLimit } from '../test/kernel/lab/limit.ts';
import { createLab, type Lab } from '../test/kernel/lab/namespaces.ts';
import type { NewFlowsRun } from '../test/kernel/new-flows-reader.ts';
import { cpuSeconds } from './process-usage.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const READER = fileURLToPath(new URL('../test/kernel/new-flows-reader.ts', import.meta.url));
const RATES = [100, 10_000, 50_000] as const;
const SECONDS = 10;
const WINDOWS = 5;
/** The schedule of the agent. */
const EVERY_MS = 10_000;

async function entriesAbove(lab: Lab, least: number): Promise<void> {
  while ((await lab.entries()) < least) await sleep(20);
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

async function measure(perSecond: number): Promise<string> {
  const lab = await createLab({ udpTimeoutSeconds: 600 });
  try {
    const traffic = fill(lab, perSecond * SECONDS, { perSecond });
    await entriesAbove(lab, perSecond / 5);
    const peer = lab.spawnIn('node', 'sh', ['-c', 'exec conntrack -E -e NEW -o id >/dev/null 2>/dev/null']);
    await sleep(300);
    const [before, startMs] = [await lab.entries(), performance.now()];
    const cpuBefore = cpuSeconds(peer.pid!);
    const args = ['--import', 'tsx', READER, ...Array.from({ length: WINDOWS }, () => String(windowMs(perSecond)))];
    const runs = JSON.parse(await lab.exec('node', process.execPath, args, { cwd: ROOT })) as NewFlowsRun[];
    const seconds = (performance.now() - startMs) / 1000;
    const grown = (await lab.entries()) - before;
    const peerCpuMs = 1000 * (cpuSeconds(peer.pid!) - cpuBefore);
    await peer.stop();
    await traffic;
    const cpuMs = median(runs.map((run) => run.cpuMs));
    const wrong = runs.map(({ heard, lost, grown: truth }) => Math.abs(heard + lost - truth) / Math.max(1, truth));
    const lost = runs.reduce((sum, run) => sum + run.lost, 0);
    return [
      perSecond,
      Math.round(grown / seconds),
      `${Math.round(1000 * median(runs.map(({ windowSeconds }) => windowSeconds)))} ms`,
      runs.map((run) => Math.round(run.perSecond)).join(', '),
      `${(100 * Math.max(...wrong)).toFixed(2)} %`,
      lost,
      `${cpuMs.toFixed(1)} ms`,
      `${((100 * cpuMs) / EVERY_MS).toFixed(2)} %`,
      `${((100 * peerCpuMs) / (1000 * seconds)).toFixed(2)} %`,
    ].join(' | ');
  } finally {
    await lab.dispose();
  }
}

console.log(
  '| sent a second | made a second | window | counted a second | off the growth of the table at most | not told | CPU of a window | at one every 10 s, of a core | `conntrack -E`, of a core |',
);
console.log('|---|---|---|---|---|---|---|---|---|');
await withLimit(1_000_000, async () => {
  for (const rate of RATES) console.log(`| ${await measure(rate)} |`);
});

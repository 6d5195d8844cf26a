/**
 * `tsx bench/netns.ts`, as root: what `--collector.netns` costs on a node with 500 pods, as an unprivileged user. Makes as
 * many network namespaces with two processes each, which end with it.
 */
import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { NetnsScanner } from '../src/host/netns/netns-scan.ts';
import { ProcFs } from '../src/host/procfs/proc-fs.ts';

const PODS = 500;
const RUNS = 20;
const NOBODY = 65_534;
const LATE_MS = 120_000;

type Cost = { readonly wallMs: number; readonly cpuMs: number };

const processes = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name));
const namespaces = () =>
  new Set(processes().map((pid) => statSync(`/proc/${pid}/net/dev`, { throwIfNoEntry: false })?.ino)).size;

async function cost(action: () => Promise<unknown>): Promise<Cost> {
  const [before, startMs] = [process.cpuUsage(), performance.now()];
  await action();
  const { user, system } = process.cpuUsage(before);
  return { wallMs: performance.now() - startMs, cpuMs: (user + system) / 1000 };
}

function median(costs: readonly Cost[], of: keyof Cost): string {
  return middle(costs.map((one) => one[of])).toFixed(1);
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

async function measure(): Promise<string[]> {
  const scanner = new NetnsScanner(new ProcFs('/proc'));
  const first = await cost(() => scanner.scan(20));
  await scanner.scan(20);
  const turns: number[] = [];
  const again: Cost[] = [];
  let seen = 0;
  for (let i = 0; i < RUNS; i += 1) {
    await sleep(20);
    let lastMs = performance.now();
    const timer = setInterval(() => {
      const nowMs = performance.now();
      turns.push(nowMs - lastMs);
      lastMs = nowMs;
    }, 1);
    again.push(await cost(async () => (seen = (await scanner.scan(20)).namespaces)));
    clearInterval(timer);
  }
  return [
    `| network namespaces, processes | ${seen}, ${processes().length} |`,
    `| first scan, wall and CPU | ${first.wallMs.toFixed(1)} ms, ${first.cpuMs.toFixed(1)} ms |`,
    `| rescan, wall and CPU, median of ${RUNS} | ${median(again, 'wallMs')} ms, ${median(again, 'cpuMs')} ms |`,
    `| share of a core at a scan every 30 s | ${((Number(median(again, 'cpuMs')) / 30_000) * 100).toFixed(2)} % |`,
    `| a timer of 1 ms meanwhile, p50 and highest | ${middle(turns).toFixed(1)} ms, ${Math.max(...turns).toFixed(1)} ms |`,
  ];
}

const before = namespaces();
// `cat` of a pipe ends with this process, and each shell, in its namespace, with its cat.
const pods = Array.from({ length: PODS }, () =>
  spawn('unshare', ['--net', 'sh', '-c', 'cat; exit 0'], { stdio: ['pipe', 'ignore', 'inherit'] }),
);
try {
  for (let waited = 0; namespaces() < before + PODS; waited += 200) {
    if (waited > LATE_MS) throw new Error(`Cannot make ${PODS} namespaces: there are ${namespaces() - before}`);
    await sleep(200);
  }
  process.seteuid?.(NOBODY);
  const rows = await measure();
  process.seteuid?.(0);
  console.log(['| what | measured |', '|---|---|', ...rows].join('\n'));
} finally {
  process.seteuid?.(0);
  for (const pod of pods) pod.stdin.end();
}

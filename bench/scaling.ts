/**
 * `tsx bench/scaling.ts`: what the cost of an agent grows with, and what it does not. Each line is one agent on a copy of a procfs;
 * all run side by side, first with nobody asking, then with their scrapers. Prints a table; asserts nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { print } from '../simulator/terminal.ts';
import { FakeNode } from '../test/fake-node.ts';
import { AGENT_ARGS } from '../test/kernel/lab/agent.ts';
import { cpuSeconds, residentBytes } from './process-usage.ts';
import { Subject, scrapeMany } from './subject.ts';

const FIRST_PORT = 19_120;
const IDLE_MS = 30_000;
const SCRAPES = 500;

type Case = {
  readonly name: string;
  readonly entries?: number;
  readonly cpus?: number;
  readonly flags?: readonly string[];
  readonly scrapers?: number;
};

/** The first is what the others are held against. */
const CASES: readonly Case[] = [
  { name: '2 CPUs, 1,000 entries' },
  { name: '10,000,000 entries', entries: 10_000_000 },
  { name: '64 CPUs', cpus: 64 },
  { name: '512 CPUs', cpus: 512 },
  { name: 'all timeouts', flags: ['--collector.timeouts=all'] },
  { name: 'a sample a second', flags: ['--sample.interval=1s'] },
  { name: '2 scrapers', scrapers: 2 },
  { name: '8 scrapers', scrapers: 8 },
];

async function main(): Promise<void> {
  const agents = await Promise.all(CASES.map(start));
  try {
    for (const { subject } of agents) await subject.firstAnswer();
    await sleep(3000);
    const idle = await idleShares(agents.map(({ subject }) => subject.pid));
    print('| node | idle, % of a core | CPU per scrape, us | of the first | memory, MB |');
    print('|---|---|---|---|---|');
    let first: number | undefined;
    for (const [i, { name, scrapers, subject }] of agents.entries()) {
      const micros = await microsPerScrape(subject, scrapers ?? 1);
      first ??= micros;
      const memory = (residentBytes(subject.pid) / 1e6).toFixed(1);
      const share = (idle[i]! * 100).toFixed(2);
      print(`| ${name} | ${share} | ${micros.toFixed(0)} | ${(micros / first).toFixed(2)} | ${memory} |`);
    }
  } finally {
    for (const { subject, node } of agents) {
      await subject.stop();
      await node.dispose();
    }
  }
}

async function start(one: Case, i: number): Promise<Case & { subject: Subject; node: FakeNode }> {
  const { entries = 1000, cpus = 2, flags = [] } = one;
  const counters = Array.from({ length: cpus }, (_, cpu) => ({ drop: cpu, insert_failed: 1, invalid: 7 * cpu }));
  const node = await FakeNode.create({ entries, limit: 2 * entries, counters });
  const port = FIRST_PORT + i;
  const own = [`--path.procfs=${node.procRoot}`, `--web.listen-address=127.0.0.1:${port}`, '--web.socket=', ...flags];
  return {
    ...one,
    node,
    subject: new Subject({ command: process.execPath, args: [...AGENT_ARGS, ...own] }, port),
  };
}

async function idleShares(pids: readonly number[]): Promise<readonly number[]> {
  const before = pids.map(cpuSeconds);
  const startMs = performance.now();
  await sleep(IDLE_MS);
  const seconds = (performance.now() - startMs) / 1000;
  return pids.map((pid, i) => (cpuSeconds(pid) - before[i]!) / seconds);
}

async function microsPerScrape({ pid, port }: Subject, scrapers: number): Promise<number> {
  const before = cpuSeconds(pid);
  await Promise.all(Array.from({ length: scrapers }, () => scrapeMany(port, SCRAPES)));
  return ((cpuSeconds(pid) - before) / (SCRAPES * scrapers)) * 1e6;
}

await main();

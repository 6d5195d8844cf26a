/**
 * `npm run bench`: the agent beside node_exporter in the same run, Debian's and the newest that .ci/newer-programs has unpacked.
 * Prints a report; asserts nothing.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus, homedir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { print } from '../simulator/terminal.ts';
import { AGENT_ARGS } from '../test/kernel/lab/agent.ts';
import { cpuSeconds, residentBytes } from './process-usage.ts';
import { Subject, type SubjectOptions, scrapeMany } from './subject.ts';

const AGENT_PORT = 19_098;
const PEER_PORT = 19_100;
const NOBODY = 65_534;
const SCRAPES = Number(process.env['BENCH_SCRAPES'] ?? 10_000);
const ROUND = 500;
const IDLE_MS = 30_000;
const STARTS = 15;

const agentArgs = [...AGENT_ARGS, `--web.listen-address=127.0.0.1:${AGENT_PORT}`, '--web.socket='];
/** As the DaemonSet runs it: no root, no capability. */
const AGENT: SubjectOptions = {
  command: process.execPath,
  args: agentArgs,
  ...(process.getuid?.() === 0 && { uid: NOBODY }),
};
const CACHE = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
const NEWEST = join(CACHE, 'conntrack-agent-programs/usr/bin/prometheus-node-exporter');

type Peer = { readonly name: string; readonly options: SubjectOptions };

/** Those that are on this machine. */
function peers(): readonly Peer[] {
  const commands = ['prometheus-node-exporter', ...(existsSync(NEWEST) ? [NEWEST] : [])];
  return commands.map((command, i) => {
    const told = spawnSync(command, ['--version'], { encoding: 'utf8' });
    if (told.error) throw new Error(`Cannot run "${command}": ${told.error.message}; install prometheus-node-exporter`);
    const version = /version (\S+)/.exec(told.stdout + told.stderr)?.[1] ?? 'of an unknown version';
    const listen = `--web.listen-address=127.0.0.1:${PEER_PORT + i}`;
    return {
      name: `node_exporter ${version}`,
      options: { command, args: [listen, '--collector.disable-defaults', '--collector.conntrack'] },
    };
  });
}

type Side = { readonly cpuMicros: number; readonly p99Ms: number; readonly residentBytes: number };

async function main(): Promise<void> {
  print(`${machine()}\n`);
  const others = peers();
  const [agent, ...sides] = await scrapeAll([AGENT, ...others.map(({ options }) => options)]);
  const bareBytes = await bareNodeBytes();
  const idle = await idleShares();
  const start = await startRatio();
  print('| what | agent | beside | its | ratio | wanted |');
  print('|---|---|---|---|---|---|');
  for (const [i, { name }] of others.entries()) {
    row('CPU per scrape, us', agent!.cpuMicros, name, sides[i]!.cpuMicros, 0.4, 0);
    row('p99 of a scrape, ms', agent!.p99Ms, name, sides[i]!.p99Ms, 0.7, 2);
  }
  const megabytes = (bytes: number) => bytes / 1e6;
  const memory = `resident memory after ${SCRAPES} scrapes, MB`;
  row(memory, megabytes(agent!.residentBytes), 'a Node that does nothing', megabytes(bareBytes), 1.4, 1);
  row('exec to first answered scrape, ms', start.agentMs, '`node -e 0`', start.bareMs, 2.2, 0);
  row(
    'idle, ten samples a second, % of a core',
    idle.agent * 100,
    'a Node with a timer of 100 ms',
    idle.bare * 100,
    2,
    2,
  );
  for (const [i, { name }] of others.entries())
    print(`\nresident memory of ${name}: ${megabytes(sides[i]!.residentBytes).toFixed(1)} MB`);
}

function machine(): string {
  const all = cpus();
  const linux = execFileSync('uname', ['-r'], { encoding: 'utf8' }).trim();
  return `${all.length} x ${all[0]?.model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${linux}, Node ${process.version}`;
}

/** In turns of rounds, so that all meet the same noise. */
async function scrapeAll(all: readonly SubjectOptions[]): Promise<readonly Side[]> {
  const subjects = all.map((options, i) => new Subject(options, i === 0 ? AGENT_PORT : PEER_PORT + i - 1));
  try {
    for (const subject of subjects) await subject.firstAnswer();
    for (const { port } of subjects) await scrapeMany(port, ROUND);
    const sums = subjects.map(() => ({ cpu: 0, durationsMs: [] as number[] }));
    for (let done = 0; done < SCRAPES; done += ROUND) {
      for (const [i, subject] of subjects.entries()) {
        const before = cpuSeconds(subject.pid);
        sums[i]!.durationsMs.push(...(await scrapeMany(subject.port, ROUND)));
        sums[i]!.cpu += cpuSeconds(subject.pid) - before;
      }
    }
    return subjects.map((subject, i) => ({
      cpuMicros: (sums[i]!.cpu / SCRAPES) * 1e6,
      p99Ms: quantile(sums[i]!.durationsMs, 0.99),
      residentBytes: residentBytes(subject.pid),
    }));
  } finally {
    for (const subject of subjects) await subject.stop();
  }
}

async function bareNodeBytes(): Promise<number> {
  const bare = new Subject({ command: process.execPath, args: ['-e', 'setInterval(()=>{},1e3)'] }, 0);
  await sleep(2000);
  const bytes = residentBytes(bare.pid);
  await bare.stop();
  return bytes;
}

/** Shares of one core that the agent and a bare Node with a timer as fast take when nobody asks, side by side. */
async function idleShares(): Promise<{ agent: number; bare: number }> {
  const agent = new Subject(AGENT, AGENT_PORT);
  const bare = new Subject({ command: process.execPath, args: ['-e', 'setInterval(()=>{},100)'] }, 0);
  try {
    await agent.firstAnswer();
    await sleep(3000);
    const pids = [agent.pid, bare.pid];
    const before = pids.map(cpuSeconds);
    const startMs = performance.now();
    await sleep(IDLE_MS);
    const seconds = (performance.now() - startMs) / 1000;
    const [ofAgent, ofBare] = pids.map((pid, at) => (cpuSeconds(pid) - before[at]!) / seconds);
    return { agent: ofAgent!, bare: ofBare! };
  } finally {
    await agent.stop();
    await bare.stop();
  }
}

async function startRatio(): Promise<{ agentMs: number; bareMs: number }> {
  const agentMs: number[] = [];
  const bareMs: number[] = [];
  for (let i = 0; i < STARTS; i += 1) {
    const startMs = performance.now();
    spawnSync(process.execPath, ['-e', '0']);
    bareMs.push(performance.now() - startMs);
    const agent = new Subject(AGENT, AGENT_PORT);
    agentMs.push(await agent.firstAnswer());
    await agent.stop();
  }
  return { agentMs: quantile(agentMs, 0.5), bareMs: quantile(bareMs, 0.5) };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function row(what: string, own: number, name: string, its: number, wanted: number, digits: number): void {
  const [ours, theirs] = [own.toFixed(digits), its.toFixed(digits)];
  print(`| ${what} | ${ours} | ${name} | ${theirs} | ${(own / its).toFixed(2)} | at most ${wanted} |`);
}

await main();

/** `npm run bench`: the agent beside Debian's node_exporter in the same run. Prints a report; asserts nothing. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cpuSeconds, residentBytes } from './process-usage.ts';
import { Subject, type SubjectOptions, scrapeMany } from './subject.ts';

const PROGRAM = fileURLToPath(new URL('../dist/conntrack-agent.js', import.meta.url));
const NODE_FLAGS = ['--max-semi-space-size=1'];
const AGENT_PORT = 19_098;
const PEER_PORT = 19_100;
const NOBODY = 65_534;
const SCRAPES = 10_000;
const ROUND = 500;
const IDLE_MS = 30_000;
const STARTS = 15;

const agentArgs = [...NODE_FLAGS, PROGRAM, `--web.listen-address=127.0.0.1:${AGENT_PORT}`, '--web.socket='];
/** As the DaemonSet runs it: no root, no capability. */
const AGENT: SubjectOptions = {
  command: process.execPath,
  args: agentArgs,
  ...(process.getuid?.() === 0 && { uid: NOBODY }),
};
const PEER: SubjectOptions = {
  command: 'prometheus-node-exporter',
  args: [`--web.listen-address=127.0.0.1:${PEER_PORT}`, '--collector.disable-defaults', '--collector.conntrack'],
};

type Side = { readonly cpuMicros: number; readonly p99Ms: number; readonly residentBytes: number };

async function main(): Promise<void> {
  print(`${machine()}\n`);
  const { agent, peer } = await scrapeBoth();
  const bareBytes = await bareNodeBytes();
  const idle = await idleShares();
  const start = await startRatio();
  print('| what | agent | peer | ratio | wanted |');
  print('|---|---|---|---|---|');
  row('CPU per scrape, us', agent.cpuMicros, peer.cpuMicros, 1, 0);
  row('p99 of a scrape, ms', agent.p99Ms, peer.p99Ms, 1, 2);
  row(
    `resident memory after ${SCRAPES} scrapes, MB (peer: a bare Node)`,
    agent.residentBytes / 1e6,
    bareBytes / 1e6,
    1.5,
    1,
  );
  row('exec to first answered scrape, ms (peer: node -e 0)', start.agentMs, start.bareMs, 3, 0);
  print(
    `| idle CPU with 10 samples a second, % of a core (peer: a bare Node with a timer of 100 ms) | ${(idle.agent * 100).toFixed(2)} | ${(idle.bare * 100).toFixed(2)} | ${(idle.agent / idle.bare).toFixed(2)} | at most 0.5 % |`,
  );
  print(`\nnode_exporter's resident memory: ${(peer.residentBytes / 1e6).toFixed(1)} MB`);
}

function machine(): string {
  const all = cpus();
  const peer = spawnSync('prometheus-node-exporter', ['--version'], { encoding: 'utf8' });
  const version = /version (\S+)/.exec(peer.stdout + peer.stderr)?.[1] ?? 'unknown';
  const linux = execFileSync('uname', ['-r'], { encoding: 'utf8' }).trim();
  return `${all.length} x ${all[0]?.model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${linux}, Node ${process.version}, node_exporter ${version}`;
}

/** In turns of rounds, so that both meet the same noise. */
async function scrapeBoth(): Promise<{ agent: Side; peer: Side }> {
  const subjects = [new Subject(AGENT, AGENT_PORT), new Subject(PEER, PEER_PORT)];
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
    const [agent, peer] = subjects.map((subject, i) => ({
      cpuMicros: (sums[i]!.cpu / SCRAPES) * 1e6,
      p99Ms: quantile(sums[i]!.durationsMs, 0.99),
      residentBytes: residentBytes(subject.pid),
    }));
    return { agent: agent!, peer: peer! };
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

function row(what: string, agent: number, peer: number, wanted: number, digits: number): void {
  const ratio = agent / peer;
  print(`| ${what} | ${agent.toFixed(digits)} | ${peer.toFixed(digits)} | ${ratio.toFixed(2)} | at most ${wanted} |`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newerProgramPath } from '../../simulator/program-paths.ts';
import { parseConntrackStat } from '../../src/host/procfs/conntrack-stat.ts';
import type { StatusJson } from '../../src/model/status-json.ts';
import { needs } from '../needs.ts';
import { AGENT_PROGRAM, Agent } from './lab/agent.ts';
import { samplesOf } from './lab/exposition.ts';
import { keepFull, occupy } from './lab/flood.ts';
import { labOfTest } from './lab/lab-of-test.ts';
import { withLimit } from './lab/limit.ts';
import { ADDRESS, type Lab } from './lab/namespaces.ts';
import { Prometheus } from './lab/prometheus.ts';
import { tryConnect } from './lab/tcp.ts';

const LIMIT = 3000;
const FULL_MS = 30_000;
/** Longer than Node's default keep-alive of 5 s, shorter than a test may take. */
const SCRAPE_SECONDS = 8;
/** Of a scraper that goes on, in the time that is looked at; one that stops may have one under way. */
const SCRAPES_MIN = 10;
const AGENT = `${ADDRESS.node}:10098`;
const CONTROL = `${ADDRESS.node}:10099`;

/** An exporter as Node makes it when nobody thinks of the full table. */
const CONTROL_SERVER = `require('http').createServer((_, answer) => answer.setHeader('Content-Type', 'text/plain').end('control 1\\n'))
  .listen(10099, '0.0.0.0', () => console.log('listening'));`;

/** A scraper that connects anew every second, and gives up soon enough to try again. */
const RECONNECTING = `setInterval(() => require('http').get('http://${AGENT}/metrics',
  { agent: false, timeout: 900, headers: { 'user-agent': 'reconnecting' } }, (answer) => answer.resume())
  .on('timeout', function () { this.destroy(); }).on('error', () => {}), 1000);`;

/** Each scraper, and what becomes of it. The last one takes a newer program than Debian's. */
const SCRAPERS: Readonly<Record<string, 'goes_on' | 'stops'>> = {
  Prometheus: 'goes_on',
  reconnecting: 'stops',
  ...(newerProgramPath('vmagent') !== undefined && { vm_promscrape: 'stops' }),
};

const SATURATED = 'conntrack_alarm_active{alarm="table_full",severity="critical"}';
const DROPS = 'conntrack_table_full_drops_total';

describe('the agent while the table is full', () => {
  it('loses not one scrape, says within 2 s what is wrong, and stays healthy', async (context) => {
    needs(context, 'root', 'nf_conntrack', 'ip', 'nft', 'conntrack', 'prometheus');
    const lab = await labOfTest({ udpTimeoutSeconds: 5 });
    const agent = await Agent.start(lab, { flags: [`--web.listen-address=${AGENT}`, `--node.ip=${ADDRESS.node}`] });
    const control = lab.spawnIn('node', process.execPath, ['-e', CONTROL_SERVER]);
    await control.waitFor(/^listening$/m);
    const prometheus = await Prometheus.start(lab, { config: scrapeConfig() });
    onTestFinished(() => prometheus.stop());
    lab.spawnIn('peer', process.execPath, ['-e', RECONNECTING]);
    await startVmagent(lab);
    const ups = async (job: string) =>
      (await prometheus.query(`up{job="${job}"}[10m]`)).flatMap(({ samples }) => samples.map(({ value }) => value));
    const scraped = async (job: string, times: number) =>
      expect
        .poll(async () => (await ups(job)).length, { timeout: 60_000, interval: 500 })
        .toBeGreaterThanOrEqual(times);
    await Promise.all([scraped('agent', 1), scraped('control', 1)]);
    expect(await tryConnect(lab, 'peer', ADDRESS.node, 10098, 2000)).toBe('connected');
    const said = async () => mapValues(await scrapersOf(agent), ({ whileFull }) => whileFull);
    await expect.poll(said, { timeout: 30_000, interval: 500 }).toEqual(SCRAPERS);

    const full = await withLimit(LIMIT, () => saturate(lab, agent));
    expect(full.noticedMs).toBeLessThan(2000);
    // A connection that ends gives its place to anyone, so one of many may be let in.
    const refused = full.newConnections.filter((end) => end === 'timed out');
    expect(refused.length).toBeGreaterThanOrEqual(0.8 * full.newConnections.length);
    expect(new Set(full.healthchecks)).toEqual(new Set([0]));

    const after = (await ups('agent')).length;
    await scraped('agent', after + 2);
    const [agentUps, controlUps] = [await ups('agent'), await ups('control')];
    expect(agentUps).not.toContain(0);
    expect(full.happened, 'what the agent said of its scrapers beforehand is what happened').toEqual(SCRAPERS);
    expect(controlUps, 'a server with the default keep-alive must lose scrapes, or this proves nothing').toContain(0);

    const alarmValue = async () => samplesOf((await agent.get('/metrics')).body).get(SATURATED);
    await expect.poll(alarmValue, { timeout: 90_000, interval: 1000 }).toBe(0);
    expect(await tryConnect(lab, 'peer', ADDRESS.node, 10098, 2000)).toBe('connected');
    expect(await agent.stop()).toBe(0);
    report({ ...full, agentUps, controlUps });
  });
});

/** Fills the table, keeps it full, and looks from all sides meanwhile. */
async function saturate(lab: Lab, agent: Agent) {
  await occupy(lab, LIMIT - 20 - (await lab.entries()), { timeoutSeconds: FULL_MS / 1000 + 5 });
  const flood = keepFull(lab, FULL_MS, { perSecond: 2000 });
  const noticedMs = await msUntilNoticed(agent);
  const untilMs = performance.now() + FULL_MS - 8000;
  const before = await scrapersOf(agent);
  const newConnections: string[] = [];
  const healthchecks: (number | null)[] = [];
  while (performance.now() < untilMs) {
    newConnections.push(await tryConnect(lab, 'peer', ADDRESS.node, 10098, 2000));
    healthchecks.push(healthcheck(agent.socketPath));
  }
  const after = await scrapersOf(agent);
  const samples = samplesOf((await agent.get('/metrics')).body);
  const { sent } = await flood;
  const [drops, peak, timeToFull] = [DROPS, 'conntrack_entries_peak', 'conntrack_time_to_full_seconds'].map((name) =>
    samples.get(name),
  );
  const happened = mapValues(after, ({ scrapes }, name) => {
    return scrapes - (before[name]?.scrapes ?? 0) >= SCRAPES_MIN ? 'goes_on' : 'stops';
  });
  return { noticedMs: Math.round(noticedMs), newConnections, healthchecks, sent, drops, peak, timeToFull, happened };
}

/** What the agent says of its scrapers, by the first word of their names; without the test's own requests, which have none. */
async function scrapersOf(agent: Agent) {
  const { scrapers = [] } = JSON.parse((await agent.get('/api/v1/status')).body) as StatusJson;
  const named = scrapers.filter(({ userAgent }) => userAgent !== '');
  return Object.fromEntries(named.map((scraper) => [scraper.userAgent.split('/')[0]!, scraper]));
}

function mapValues<T, R>(record: Readonly<Record<string, T>>, value: (one: T, key: string) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([key, one]) => [key, value(one, key)]));
}

async function startVmagent(lab: Lab): Promise<void> {
  const program = newerProgramPath('vmagent');
  if (program === undefined) return;
  const folder = await mkdtemp(join(tmpdir(), 'conntrack-lab-vmagent-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const config = {
    scrape_configs: [{ job_name: 'agent', scrape_interval: '2s', static_configs: [{ targets: [AGENT] }] }],
  };
  await writeFile(join(folder, 'scrape.yml'), JSON.stringify(config));
  lab.spawnIn('peer', program, [
    `-promscrape.config=${join(folder, 'scrape.yml')}`,
    '-promscrape.disableKeepAlive',
    '-remoteWrite.url=http://127.0.0.1:9/',
    `-remoteWrite.tmpDataPath=${folder}`,
    '-httpListenAddr=127.0.0.1:8429',
  ]);
}

/** From the first refusal the kernel counted, read without the agent, to the alarm in the log, raised without a scrape. */
async function msUntilNoticed(agent: Agent): Promise<number> {
  while (kernelDrops(agent.pid!) === 0) await sleep(10);
  const refusedAtMs = performance.now();
  await agent.logged(/alarm fires: table_full/);
  const noticedMs = performance.now() - refusedAtMs;
  const samples = samplesOf((await agent.get('/metrics')).body);
  expect(samples.get(DROPS)).toBeGreaterThan(0);
  expect(samples.get(SATURATED)).toBe(1);
  return noticedMs;
}

/** The kernel's `drop` in the namespace of a process, over all CPUs. */
function kernelDrops(pid: number): number {
  const text = readFileSync(`/proc/${pid}/net/stat/nf_conntrack`, 'utf8');
  return parseConntrackStat(text).reduce((sum, row) => sum + row.get('drop')!, 0);
}

function healthcheck(socketPath: string): number | null {
  return spawnSync(process.execPath, [AGENT_PROGRAM, 'healthcheck', `--web.socket=${socketPath}`]).status;
}

function scrapeConfig(): string {
  const job = (name: string, target: string) => ({ job_name: name, static_configs: [{ targets: [target] }] });
  // So that the agent has seen enough of it soon.
  const often = { ...job('often', AGENT), scrape_interval: '1s', scrape_timeout: '1s' };
  const global = { scrape_interval: `${SCRAPE_SECONDS}s`, scrape_timeout: '5s' };
  return JSON.stringify({ global, scrape_configs: [job('agent', AGENT), often, job('control', CONTROL)] });
}

function report(figures: object): void {
  process.stdout.write(`saturation: ${JSON.stringify(figures)}\n`);
}

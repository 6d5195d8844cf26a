/** The built program under faults of its process and its machine, made for real and looked at from outside. Rows of docs/reliability.md. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Receiver } from './alertmanager/receiver.ts';
import { FakeNode } from './fake-node.ts';
import { samplesOf } from './kernel/lab/exposition.ts';
import { needs } from './needs.ts';
import { PROGRAM, Program } from './program.ts';
import { Listening } from './web/server/listening.ts';

const POLL = { timeout: 15_000, interval: 100 };

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'conntrack-fault-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const flagsFor = (node: FakeNode) => [
  `--path.procfs=${node.procRoot}`,
  '--web.listen-address=127.0.0.1:0',
  '--web.socket=',
];
const scrape = async (url: string) => samplesOf(await (await fetch(`${url}/metrics`)).text());

describe.concurrent('an agent whose process stands still, as one of a suspended node or with a blocked event loop', () => {
  it.for([6, 60])(
    'for %s s says how late it was, counts no growth of the gap as now, and goes on',
    { timeout: 90_000 },
    async (seconds, { expect }) => {
      await using node = await FakeNode.create({ entries: 1000, limit: 100_000, counters: [{ drop: 5 }] });
      await using program = new Program(flagsFor(node));
      const url = await program.url();
      await expect.poll(async () => (await scrape(url)).get('conntrack_agent_samples_total'), POLL).toBeGreaterThan(20);
      program.signal('SIGSTOP');
      await sleep(seconds * 1000);
      node.set({ entries: 50_000, counters: [{ drop: 12 }] });
      program.signal('SIGCONT');
      const samples = await scrape(url);
      expect(samples.get('conntrack_entries')).toBe(50_000);
      expect(samples.get('conntrack_drops_total')).toBe(12);
      await expect
        .poll(async () => (await scrape(url)).get('conntrack_agent_sample_lag_seconds'), POLL)
        .toBeGreaterThan(seconds - 1);
      expect((await fetch(`${url}/-/healthy`)).status).toBe(200);
      expect(Math.abs((await scrape(url)).get('conntrack_growth_entries_per_second') ?? 0)).toBeLessThan(1000);
      expect((await program.stop()).code).toBe(0);
    },
  );
});

const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';

describe('an agent whose wall clock is set forth and back by an hour while an alarm fires', () => {
  it('goes on with one alert of one start, resolves nothing, and moves no rate', async (context) => {
    if (!existsSync(FAKETIME)) needs(context, FAKETIME);
    const receiver = await Receiver.start();
    await using node = await FakeNode.create({ entries: 100_000, limit: 100_000, counters: [{ drop: 5 }] });
    const clock = join(temporaryFolder(), 'clock');
    writeFileSync(clock, '+0');
    const env = {
      LD_PRELOAD: FAKETIME,
      FAKETIME_TIMESTAMP_FILE: clock,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
    await using program = new Program([...flagsFor(node), `--alertmanager.url=${receiver.url}`], { env });
    const url = await program.url();
    const alarm = async () =>
      (await scrape(url)).get('conntrack_alarm_active{alarm="table_nearly_full",severity="critical"}');
    await expect.poll(() => receiver.posts.length, POLL).toBeGreaterThan(0);
    const atOf = async () => Date.parse(((await (await fetch(`${url}/api/v1/status`)).json()) as { at: string }).at);
    for (const offset of ['+3600', '-3600', '+0']) {
      writeFileSync(clock, offset);
      await expect
        .poll(async () => Math.round(((await atOf()) - Date.now()) / 1000), POLL)
        .toBeCloseTo(Number(offset), -1);
      await sleep(1500);
      expect(await alarm()).toBe(1);
    }
    const alerts = receiver.posts
      .flatMap((post) => post.alerts)
      .filter(({ labels }) => labels['alertname'] === 'ConntrackTableNearlyFull');
    expect(new Set(alerts.map(({ startsAt }) => startsAt)).size).toBe(1);
    const raised = (await scrape(url)).get(
      'conntrack_alarm_raised_total{alarm="table_nearly_full",severity="critical"}',
    );
    expect(raised).toBe(1);
  }, 60_000);
});

describe('an agent that is killed in the middle of a scrape and of a stream', () => {
  it('leaves no lock behind: the next one starts on the same port and socket, and its totals go on', async () => {
    await using node = await FakeNode.create({ entries: 7, limit: 100, counters: [{ drop: 9 }] });
    const socket = join(temporaryFolder(), 'agent.sock');
    const first = new Program([...flagsFor(node).slice(0, 2), `--web.socket=${socket}`]);
    const url = await first.url();
    const port = Number(new URL(url).port);
    const stream = await Listening.open(port);
    const scraped = scrape(url).catch(() => undefined);
    first.signal('SIGKILL');
    await Promise.all([first.exited, stream.closed, scraped]);
    expect(existsSync(socket)).toBe(true);
    const flags = [
      `--path.procfs=${node.procRoot}`,
      `--web.listen-address=127.0.0.1:${port}`,
      `--web.socket=${socket}`,
    ];
    await using second = new Program(flags);
    node.set({ counters: [{ drop: 11 }] });
    expect((await scrape(await second.url())).get('conntrack_drops_total')).toBe(11);
  });
});

/** Node 20 runs the agent in 8 MiB, and Node 24 ends by SIGSEGV in less, whatever it runs. */
const TOO_SMALL_MIB = process.version.startsWith('v24.') ? 8 : 4;

describe('an agent with a heap that is too small', () => {
  it('ends by itself, not by the kernel, and its last words say why', () => {
    const { signal, status, stderr } = spawnSync(
      process.execPath,
      [`--max-old-space-size=${TOO_SMALL_MIB}`, PROGRAM, '--web.socket=', '--web.listen-address=127.0.0.1:0'],
      { encoding: 'utf8', timeout: 30_000 },
    );
    const end = status === null ? signal : status;
    expect(['SIGABRT', 1]).toContain(end); // By V8, or by the agent's own check if that comes first.
    expect(stderr).toMatch(end === 1 ? /Cannot (start|go on).* heap/ : /JavaScript heap out of memory/);
  });
});

describe('an agent whose stderr is closed', () => {
  it('goes on sampling, whatever it has to say', async () => {
    await using node = await FakeNode.create({ entries: 7, limit: 100 });
    const socket = join(temporaryFolder(), 'agent.sock');
    const args = [
      process.execPath,
      PROGRAM,
      `--path.procfs=${node.procRoot}`,
      '--web.listen-address=127.0.0.1:0',
      `--web.socket=${socket}`,
    ];
    const program = spawn('sh', ['-c', 'exec "$@" 2>&-', 'sh', ...args], { stdio: 'ignore' });
    onTestFinished(() => void program.kill('SIGKILL'));
    const isHealthy = () => spawnSync(process.execPath, [PROGRAM, 'healthcheck', `--web.socket=${socket}`]).status;
    await expect.poll(isHealthy, POLL).toBe(0);
    node.write('sys/net/netfilter/nf_conntrack_max', 'many\n'); // Something to log.
    await sleep(2500);
    expect(isHealthy()).toBe(0);
  });
});

describe('an agent whose folder for the socket is on a full disk', () => {
  it('says so with the path where the operator asked for the socket, and ends with 1', (context) => {
    needs(context, 'root', 'unshare');
    const folder = temporaryFolder();
    const script = `mount -t tmpfs -o nr_inodes=1 none ${folder} && exec "$@"`;
    const args = [process.execPath, PROGRAM, '--web.listen-address=127.0.0.1:0', `--web.socket=${folder}/agent.sock`];
    const { status, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', script, 'sh', ...args], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(new RegExp(`Cannot .*"${folder}/agent.sock": .*no space`, 'i'));
    expect(readdirSync(folder)).toEqual([]);
  });
});

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { HistoryJson, StatusJson } from '../src/model/status-json.ts';
import { FakeNode } from './fake-node.ts';
import { needs } from './needs.ts';
import { Program } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'conntrack-program-'));
afterAll(() => rmSync(folder, { recursive: true }));

let sockets = 0;
function flagsFor(node: FakeNode): { flags: string[]; socket: string } {
  sockets += 1;
  const socket = join(folder, `${sockets}.sock`);
  return {
    flags: [`--path.procfs=${node.procRoot}`, '--web.listen-address=127.0.0.1:0', `--web.socket=${socket}`],
    socket,
  };
}

const textOf = async (url: string) => (await fetch(url)).text();

describe('conntrack-agent serve', () => {
  it('serves the node it is pointed at, and on SIGTERM ends with 0 and takes its socket away', async () => {
    await using node = await FakeNode.create({ entries: 167_012, limit: 262_144 });
    const { flags, socket } = flagsFor(node);
    const program = new Program(flags);
    const url = await program.url();
    expect(await textOf(`${url}/metrics`)).toContain('\nconntrack_entries 167012\n');
    expect(await (await fetch(`${url}/api/v1/status`)).json()).toMatchObject({
      table: { entries: 167_012, limit: 262_144 },
    });
    expect(existsSync(socket)).toBe(true);
    const { code, stderr } = await program.stop();
    expect([code, existsSync(socket)]).toEqual([0, false]);
    expect(stderr).not.toContain('"level":"error"');
  });

  it('tells the seconds it has seen, and what it makes of them, as JSON', async () => {
    await using node = await FakeNode.create({ entries: 95_000, limit: 100_000, counters: [{ drop: 5 }] });
    await using program = new Program(flagsFor(node).flags);
    const url = await program.url();
    node.set({ entries: 96_000, counters: [{ drop: 12 }] });
    const losses = async () => ((await (await fetch(`${url}/api/v1/status`)).json()) as StatusJson).losses.causes?.[0];
    await expect.poll(losses, { timeout: 5000 }).toMatchObject({ id: 'table_full', lastMinute: 7 });
    const status = (await (await fetch(`${url}/api/v1/status`)).json()) as StatusJson;
    expect(status.summary.text).toMatch(/^96 % full, .*(losing|lost) \d packets? .*because the table is full$/);
    expect(status.alarms?.map(({ alertname }) => alertname)).toEqual(['ConntrackTableFull']);
    expect(status.flowSample).toMatchObject({ state: 'off', remedy: expect.stringContaining('--collector.flows') });
    const history = (await (await fetch(`${url}/api/v1/history?minutes=1`)).json()) as HistoryJson;
    expect([history.entries.at(-1), history.limit.at(-1)]).toEqual([96_000, 100_000]);
    expect(history.dropped.reduce<number>((sum, value) => sum + (value ?? 0), 0)).toBe(7);
    expect(new Set([history.limit, history.peak, history.dropped].map(({ length }) => length))).toEqual(
      new Set([history.entries.length]),
    );
  });

  it('ends with 0 on Ctrl-C too', async () => {
    await using node = await FakeNode.create();
    const program = new Program(flagsFor(node).flags);
    await program.url();
    program.signal('SIGINT');
    expect((await program.exited).code).toBe(0);
  });

  it('shows what the kernel says now, not what it said before', async () => {
    await using node = await FakeNode.create({ entries: 10, limit: 100 });
    await using program = new Program(flagsFor(node).flags);
    const url = await program.url();
    await textOf(`${url}/metrics`);
    node.set({ entries: 20, limit: 90 });
    const text = await textOf(`${url}/metrics`);
    expect(text).toContain('\nconntrack_entries 20\n');
    expect(text).toContain('\nconntrack_entries_limit 90\n');
  });

  it('runs on a node without the module, says so once, and finds it when it is loaded', async () => {
    await using node = await FakeNode.create();
    node.unloadModule();
    await using program = new Program(flagsFor(node).flags);
    const url = await program.url();
    expect(await textOf(`${url}/metrics`)).not.toMatch(/^conntrack_entries /m);
    expect((await fetch(`${url}/-/ready`)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    const absences = program.log.filter(({ msg }) => /absent|not loaded/.test(String(msg)));
    expect(absences).toHaveLength(1);
    node.loadModule();
    node.set({ entries: 7 });
    await program.logged(/source recovered: entries/);
    expect(await textOf(`${url}/metrics`)).toContain('\nconntrack_entries 7\n');
  });

  it('one broken source fails no scrape, and is logged once with what to do', async () => {
    await using node = await FakeNode.create({ entries: 5 });
    node.write('sys/net/netfilter/nf_conntrack_max', 'many\n');
    await using program = new Program(flagsFor(node).flags);
    const url = await program.url();
    const text = await textOf(`${url}/metrics`);
    expect(text).toContain('\nconntrack_entries 5\n');
    expect(text).not.toMatch(/^conntrack_entries_limit /m);
    expect(text).toContain('conntrack_agent_source_up{source="limit",via="sysctl"} 0');
    const line = await program.logged(/source is broken: limit/);
    expect(line['error']).toContain('nf_conntrack_max": it says "many"');
    expect(line['remedy']).toBeTruthy();
  });

  it("is not ready outside the node's namespace, and says at start what to do", async () => {
    await using node = await FakeNode.create({ fixture: 'foreign-namespace' });
    await using program = new Program(flagsFor(node).flags);
    const url = await program.url();
    const ready = await fetch(`${url}/-/ready`);
    expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining('another network namespace')]);
    expect(await textOf(`${url}/metrics`)).toContain('\nconntrack_agent_in_host_netns 0\n');
    expect((await program.logged(/Not in the node's network namespace/))['remedy']).toContain('hostNetwork');
  });

  it('tells all mistakes in its flags at once and ends with 2', async () => {
    const program = new Program(['--sample.interval=1ms', '--web.keepalive=1m', '--log.level=loud'], {
      env: { CONNTRACK_AGENT_NODE_IP: 'here' },
    });
    const { code, stderr } = await program.exited;
    expect(code).toBe(2);
    expect(stderr).toContain('--sample.interval: expected a duration from 10ms to 10s, got "1ms"');
    expect(stderr).toContain('--web.keepalive');
    expect(stderr).toContain('--log.level');
    expect(stderr).toContain('CONNTRACK_AGENT_NODE_IP');
  });

  it('says which address is taken, without a stack, and ends with 1', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    await using node = await FakeNode.create();
    const { flags } = flagsFor(node);
    const program = new Program([
      ...flags.filter((flag) => !flag.includes('listen')),
      `--web.listen-address=127.0.0.1:${port}`,
    ]);
    const { code, stderr } = await program.exited;
    server.close();
    expect(code).toBe(1);
    expect(stderr).toContain(`127.0.0.1:${port}`);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('does not start on a procfs that is not there', async () => {
    const { code, stderr } = await new Program([`--path.procfs=${folder}/nowhere`]).exited;
    expect(code).toBe(1);
    expect(stderr).toContain(`Cannot read "${folder}/nowhere": there is no such folder`);
  });

  it("refuses ctnetlink beside a procfs that is not the kernel's", async () => {
    await using node = await FakeNode.create();
    const { code, stderr } = await new Program([...flagsFor(node).flags, '--collector.counters.via=ctnetlink']).exited;
    expect(code).toBe(1);
    expect(stderr).toContain("it is not the kernel's procfs");
  });

  it('goes on without its default socket where it may not make one, and warns', async (context) => {
    needs(context, 'root');
    const program = new Program(['--web.listen-address=127.0.0.1:0'], { uid: 65_534 });
    const url = await program.url();
    expect((await program.logged(/going on without it/))['level']).toBe('warn');
    expect((await fetch(`${url}/-/healthy`)).status).toBe(200);
    expect(await textOf(`${url}/metrics`)).toContain('conntrack_agent_source_up{source="counters",via="procfs"}');
    expect((await program.stop()).code).toBe(0);
  });
});

describe('conntrack-agent healthcheck', () => {
  it('is 0 beside a running agent, and 1 with a reason without one', async () => {
    await using node = await FakeNode.create();
    const { flags, socket } = flagsFor(node);
    const program = new Program(flags);
    await program.url();
    expect(await new Program(['healthcheck', `--web.socket=${socket}`]).exited).toMatchObject({
      code: 0,
      stdout: 'healthy\n',
    });
    await program.stop();
    const { code, stdout } = await new Program(['healthcheck', `--web.socket=${socket}`]).exited;
    expect([code, stdout]).toEqual([1, expect.stringContaining('is the agent running')]);
  });
});

describe('conntrack-agent', () => {
  it('prints its version and its help', async () => {
    expect(await new Program(['--version']).exited).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^conntrack-agent \d/),
    });
    expect(await new Program(['--help']).exited).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('--web.keep-alive'),
    });
  });
});

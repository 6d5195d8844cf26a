/**
 * `npm run load [-- ATTACK [tcp|tls|unix]]`, after a build: the built agent under more connections than it serves, over TCP, TLS and the unix
 * socket, and one scraper on a kept connection, whose answers are counted and timed. Attackers run in a process of their own.
 */
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { hashSync } from 'bcryptjs';
import { Child } from '../simulator/child.ts';
import { FakeNode } from '../test/fake-node.ts';
import { AGENT_ARGS } from '../test/kernel/lab/agent.ts';

const SCENARIO_MS = 6_000;
const SCRAPE_EVERY_MS = 100;
const REQUEST = 'GET /metrics HTTP/1.1\r\nHost: a\r\n';
const END = '\r\n\r\n';

/** What one connection of an attacker does: what it says at once, what it adds every second, whether it reads, when it hangs up. */
type Attack = {
  readonly connections: number;
  readonly says?: string;
  readonly adds?: string;
  readonly isReading?: boolean;
  readonly hangUpMs?: number;
  /** Addresses of 127.0.0.0/8 to come from; all of loopback counts as one client, so a hundred of them are one attacker. */
  readonly addresses?: number;
};

const ATTACKS: Readonly<Record<string, Attack>> = {
  none: { connections: 0 },
  'connections, silent': { connections: 10_000 },
  reconnects: { connections: 2000, hangUpMs: 0 },
  'slow headers': { connections: 2000, says: REQUEST, adds: 'X-a: b\r\n' },
  'slow bodies': {
    connections: 2000,
    says: `POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n`,
    adds: 'a',
  },
  pipelining: { connections: 500, says: `${REQUEST}\r\n`.repeat(2000), isReading: true },
  'readers that never read': { connections: 500, says: `${REQUEST}\r\n`.repeat(300) },
  'a hundred addresses': { connections: 2000, says: `${REQUEST}\r\n`, isReading: true, hangUpMs: 5, addresses: 100 },
};

type Target = { readonly kind: 'tcp' | 'tls' | 'unix'; readonly port: number; readonly path: string };

function optionsOf({ kind, port, path }: Target, from?: number): NetConnectOpts {
  if (kind === 'unix') return { path };
  return { host: '127.0.0.1', port, ...(from !== undefined && { localAddress: `127.0.1.${from + 1}` }) };
}

function open(target: Target, from?: number): Socket {
  const options = optionsOf(target, from);
  return target.kind === 'tls' ? connectTls({ ...options, rejectUnauthorized: false }) : connect(options);
}

/** In the attacker's process. Connects again whenever it is cut off; tells how often it was connected. */
function attack(
  target: Target,
  { connections, says = '', adds, isReading = false, hangUpMs, addresses }: Attack,
): void {
  let connected = 0;
  const start = (i: number) => {
    const socket = open(target, addresses === undefined ? undefined : i % addresses);
    let adding: NodeJS.Timeout | undefined;
    socket.once(target.kind === 'tls' ? 'secureConnect' : 'connect', () => {
      connected += 1;
      if (connected === 1) process.send!('attacking');
      if (says !== '') socket.write(says);
      if (isReading) socket.resume();
      else if (says === '') socket.on('data', () => undefined);
      if (adds !== undefined) adding = setInterval(() => socket.write(adds), 1000);
      if (hangUpMs !== undefined) setTimeout(() => socket.destroy(), hangUpMs);
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      clearInterval(adding);
      setTimeout(() => start(i), hangUpMs ?? 20);
    });
  };
  for (let i = 0; i < connections; i += 1) start(i);
  if (connections === 0) process.send!('attacking');
  process.on('message', () => process.send!({ connected }, () => process.exit()));
}

/** Asks over one connection ten times a second; a second connection would be a loss. */
class Scraper {
  readonly times: number[] = [];
  lost = 0;
  readonly #socket: Socket;
  readonly #auth: string;

  constructor(target: Target, auth: string) {
    this.#socket = open(target);
    this.#auth = auth;
  }

  async run(untilMs: number): Promise<void> {
    let isClosed = false;
    this.#socket.on('error', () => undefined);
    this.#socket.once('close', () => {
      isClosed = true;
    });
    while (performance.now() < untilMs) {
      if (isClosed) {
        this.lost += 1;
        await sleep(SCRAPE_EVERY_MS);
        continue;
      }
      const startMs = performance.now();
      this.#socket.write(`${REQUEST}${this.#auth}\r\n`);
      const isAnswered = await this.#answer().catch(() => false);
      if (isAnswered) this.times.push(performance.now() - startMs);
      else this.lost += 1;
      await sleep(Math.max(0, SCRAPE_EVERY_MS - (performance.now() - startMs)));
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  async #answer(): Promise<boolean> {
    let text = '';
    const deadline = AbortSignal.timeout(10_000);
    for (;;) {
      const [part] = (await once(this.#socket, 'data', { signal: deadline })) as [Buffer];
      text += part.toString('latin1');
      const end = text.indexOf(END);
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
      if (end > 0 && text.length >= end + END.length + length) return text.startsWith('HTTP/1.1 200');
    }
  }
}

const memoryMb = (pid: number, what: string) =>
  (Number(new RegExp(`^${what}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024) /
  1e6;

async function measure(folder: string, kind: Target['kind'], name: string): Promise<string> {
  await using node = await FakeNode.create({ entries: 7000, limit: 100_000 });
  const path = join(folder, `${Math.random().toString(36).slice(2)}.sock`);
  const flags = [`--path.procfs=${node.procRoot}`, '--web.listen-address=127.0.0.1:0', `--web.socket=${path}`];
  if (kind === 'tls') flags.push(`--web.config.file=${join(folder, 'web.yml')}`);
  const limited = ['-c', 'ulimit -n 20000; exec "$@"', 'sh', process.execPath, ...AGENT_ARGS];
  const agent = new Child('sh', [...limited, ...flags]);
  const [, port] = await agent.waitFor(/Listening on \\?"127\.0\.0\.1:(\d+)/, { timeoutMs: 60_000 });
  const target = { kind, port: Number(port), path };
  const scraper = new Scraper(
    target,
    kind === 'tls' ? `Authorization: Basic ${Buffer.from('a:b').toString('base64')}\r\n` : '',
  );
  await scraper.run(performance.now() + 3_500); // Long enough to be known as a scraper.
  scraper.times.length = 0;
  const idleMb = memoryMb(agent.pid!, 'VmRSS');
  const attacker: ChildProcess = fork(fileURLToPath(import.meta.url), ['attack', JSON.stringify(target), name]);
  await once(attacker, 'message');
  await scraper.run(performance.now() + SCENARIO_MS);
  attacker.send('end');
  const [{ connected }] = (await once(attacker, 'message')) as [{ connected: number }];
  const times = scraper.times.toSorted((a, b) => a - b);
  const p99 = times[Math.floor(times.length * 0.99)] ?? Number.NaN;
  const growth = memoryMb(agent.pid!, 'VmHWM') - idleMb;
  scraper.close();
  await agent.stop();
  const perSecond = Math.round((connected * 1000) / SCENARIO_MS);
  return `| ${name} | ${kind} | ${perSecond} | ${scraper.times.length} | ${scraper.lost} | ${p99.toFixed(0)} | ${growth.toFixed(0)} |`;
}

if (process.argv[2] === 'attack') {
  attack(JSON.parse(process.argv[3]!) as Target, ATTACKS[process.argv[4]!]!);
} else {
  const folder = mkdtempSync(join(tmpdir(), 'conntrack-load-'));
  const file = (name: string) => join(folder, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', file('a.key')];
  execFileSync('openssl', ['req', '-x509', ...key, '-out', file('a.crt'), '-subj', '/CN=a', '-days', '1'], {
    stdio: 'ignore',
  });
  const users = `basic_auth_users:\n  a: ${hashSync('b', 10)}\n`;
  writeFileSync(file('web.yml'), `tls_server_config:\n  cert_file: a.crt\n  key_file: a.key\n${users}`);
  const [, , wanted, over] = process.argv;
  process.stdout.write(
    '| attack | over | connections a second | scrapes answered | lost | p99, ms | memory above idle, MB |\n|---|---|---|---|---|---|---|\n',
  );
  for (const name of Object.keys(ATTACKS).filter((one) => wanted === undefined || one === wanted))
    for (const kind of (['tcp', 'tls', 'unix'] as const).filter((one) => over === undefined || one === over))
      process.stdout.write(`${await measure(folder, kind, name)}\n`);
  rmSync(folder, { recursive: true });
}

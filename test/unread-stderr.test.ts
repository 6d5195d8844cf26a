/** The built program when nobody reads what it says. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { transformSync } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../simulator/free-port.ts';
import { FakeNode } from './fake-node.ts';
import { makeFifo } from './fifo.ts';
import { needs } from './needs.ts';
import { PROGRAM } from './program.ts';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stderr-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** The end of a pipe that has no room for one byte more; whoever writes to it waits, but for the flag that says not to. */
function fullPipe(): number {
  const path = makeFifo(join(temporaryFolder(), 'pipe'));
  const fd = openSync(path, constants.O_RDWR);
  const filler = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  for (const bytes of [4096, 1]) while (hasWritten(filler, Buffer.alloc(bytes, '.')));
  closeSync(filler);
  onTestFinished(() => closeSync(fd));
  return fd;
}

function hasWritten(fd: number, bytes: Buffer): boolean {
  try {
    return writeSync(fd, bytes) > 0;
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('EAGAIN');
    return false;
  }
}

/** The same of a socket, which cannot be opened by its name. */
async function fullSocket(): Promise<Socket> {
  const path = join(temporaryFolder(), 'socket');
  const server = createServer({ pauseOnConnect: true }).listen(path);
  await once(server, 'listening');
  const socket = connect(path);
  await once(socket, 'connect');
  while (socket.writableLength === 0) socket.write(Buffer.alloc(4096, '.'));
  onTestFinished(() => void [socket.destroy(), server.close()]);
  return socket;
}

async function samplesOf(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(5000) })).text();
  return Number(/^conntrack_agent_samples_total (\d+)$/m.exec(text)?.[1]);
}

const FULL: [what: string, full: () => Promise<number | Socket>][] = [
  ['pipe', async () => fullPipe()],
  ['socket', fullSocket],
];

/** What becomes of a line for this stderr, written by a process that has done nothing else with it: tsx, for one, would. */
async function outcomeOf(stderr: number | Socket, descriptor: string, uid?: number): Promise<string> {
  const source = readFileSync(new URL('../src/system/standard-error.ts', import.meta.url), 'utf8');
  const script = `${transformSync(source, { loader: 'ts' }).code}
    import { writeSync } from 'node:fs';
    ${uid === undefined ? '' : `process.setuid(${uid});`}
    let outcome = 'written';
    try { writeSync(${descriptor}, 'line'); } catch (error) { outcome = error.code; }
    writeSync(1, outcome);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', stderr] });
  const timeout = setTimeout(() => child.kill('SIGKILL'), descriptor === '2' ? 2500 : 10_000);
  const outcome = await text(child.stdout as Readable);
  clearTimeout(timeout);
  return outcome === '' ? 'waits for ever' : outcome;
}

describe('standardError()', () => {
  it.each(FULL)('has a write to a %s that is full fail and not wait', async (_what, full) => {
    expect(await outcomeOf(await full(), 'standardError()')).toBe('EAGAIN');
  });

  it('does so where the pipe is that of another user, who alone may open it', async (context) => {
    needs(context, 'root');
    expect(await outcomeOf(fullPipe(), 'standardError()', 65_534)).toBe('EAGAIN');
  });

  it.each(FULL)('is wanted: with the plain descriptor of a %s it does wait', async (_what, full) => {
    expect(await outcomeOf(await full(), '2')).toBe('waits for ever');
  });
});

describe('conntrack-agent serve', () => {
  it.each(FULL)('goes on sampling while its stderr is a %s that is full', async (_what, full) => {
    await using node = await FakeNode.create({ entries: 5 });
    node.write('sys/net/netfilter/nf_conntrack_max', 'many\n'); // Something to log.
    const port = await freePort();
    const flags = [`--path.procfs=${node.procRoot}`, `--web.listen-address=127.0.0.1:${port}`, '--web.socket='];
    const program: ChildProcess = spawn(process.execPath, [PROGRAM, ...flags], {
      stdio: ['ignore', 'ignore', await full()],
    });
    onTestFinished(() => void program.kill('SIGKILL'));
    const url = `http://127.0.0.1:${port}`;
    await expect.poll(() => samplesOf(url).catch(() => 0), { timeout: 10_000 }).toBeGreaterThan(0);
    const before = await samplesOf(url);
    await expect.poll(() => samplesOf(url), { timeout: 10_000 }).toBeGreaterThan(before + 3);
  });
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeNode } from '../../fake-node.ts';
import { Program } from '../../program.ts';
import { RawConnection, sleep } from '../raw-connection.ts';

/** The built agent under connections of every bad kind at once, looked at from outside: all of one address, the scraper's too. */

const FLOOD_MS = 2_000;
const MIB = 1024;
/** Measured: 9 to 17 MiB. One read of each of a hundred connections, parsed whole, is more than a gigabyte. */
const GROWTH_MAX_MIB = 40;
const READ_BYTES = 64 * 1024;
const SMALL = 'GET / HTTP/1.1\r\nHost:\r\n\r\n';
const REQUEST = 'GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n';

type Bad = { readonly text: string; readonly isReading: boolean };
const SLOWLORIS: Bad = { text: 'GET /metrics HTTP/1.1\r\nHost: a\r\nX-', isReading: true };
const NEVER_READS: Bad = { text: REQUEST.repeat(300), isReading: false };
const PIPELINES: Bad = { text: REQUEST.repeat(2_000), isReading: true };

/** Connects, misbehaves, and does so again when it is cut off, until the flood ends. */
function misbehave(port: number, bad: Bad, sockets: Set<Socket>, isOver: () => boolean): void {
  const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(bad.text));
  sockets.add(socket);
  if (bad.isReading) socket.resume();
  socket.on('error', () => undefined);
  socket.on('close', () => {
    sockets.delete(socket);
    if (!isOver()) setTimeout(() => misbehave(port, bad, sockets, isOver), 20);
  });
}

/** Connections of which each has had an answer, and which then all pipeline in the same moment. */
async function allAtOnce(port: number): Promise<void> {
  const clients = await Promise.all(Array.from({ length: 100 }, () => RawConnection.open({ port, host: '127.0.0.1' })));
  await Promise.all(clients.map((client) => client.get('/-/healthy').catch(() => 0)));
  for (const { socket } of clients) socket.write(SMALL.repeat(READ_BYTES / SMALL.length));
  await Promise.all(clients.map(({ closed }) => closed));
}

async function flood(port: number): Promise<void> {
  const sockets = new Set<Socket>();
  let isOver = false;
  const start = (bad: Bad, count: number) => {
    for (let i = 0; i < count; i += 1) misbehave(port, bad, sockets, () => isOver);
  };
  await allAtOnce(port);
  start(SLOWLORIS, 100);
  start(NEVER_READS, 60);
  start(PIPELINES, 400);
  await sleep(FLOOD_MS);
  isOver = true;
  for (const socket of sockets) socket.destroy();
}

const memoryMib = (pid: number, what: string) =>
  Number(new RegExp(`^${what}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / MIB;

describe('an agent among slowloris, readers that never read and 400 that pipeline', () => {
  it('answers every scrape of a kept connection, and holds a bounded memory', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'flood-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    await using node = await FakeNode.create({ entries: 7, limit: 100 });
    const flags = ['--web.listen-address=127.0.0.1:0', `--web.socket=${join(folder, 'agent.sock')}`];
    await using program = new Program([`--path.procfs=${node.procRoot}`, ...flags]);
    const port = Number(new URL(await program.url()).port);
    const scraper = await RawConnection.open({ port, host: '127.0.0.1' });
    for (let scrape = 0; scrape < 3; scrape += 1) {
      expect(await scraper.get('/metrics')).toBe(200);
      await sleep(1_050);
    }
    const idleMib = memoryMib(program.pid, 'VmRSS');

    const flooded = flood(port);
    const statuses: number[] = [];
    let isOver = false;
    void flooded.then(() => {
      isOver = true;
    });
    while (!isOver) {
      statuses.push(await scraper.get('/metrics'));
      await sleep(50);
    }
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(memoryMib(program.pid, 'VmHWM') - idleMib).toBeLessThan(GROWTH_MAX_MIB);
    expect((await program.stop()).code).toBe(0);
  }, 60_000);
});

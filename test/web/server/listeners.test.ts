import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OperatorError } from '../../../src/model/operator-error.ts';
import { RawConnection, sleep } from '../raw-connection.ts';
import { serve, TEXT_TYPE } from '../serving.ts';

const LOOPBACK = '127.0.0.1';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'listeners-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The file a killed process leaves behind. */
async function staleSocket(path: string): Promise<void> {
  const listen = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await once(spawn(process.execPath, ['-e', listen]), 'exit');
  expect(lstatSync(path).isSocket()).toBe(true);
}

async function problemOf(promise: Promise<unknown>): Promise<OperatorError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(OperatorError);
  return error as OperatorError;
}

/** In a folder that only root could make. */
const FORBIDDEN = '/conntrack-agent-forbidden/agent.sock';

/** Runs as somebody who is not root, whoever runs the tests. */
async function withoutRights<T>(work: () => Promise<T>): Promise<T> {
  const user = process.geteuid?.();
  if (user === 0) process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    if (user === 0) process.seteuid?.(0);
  }
}

/** An exposition that is not done before it is let go. */
function heldExposition() {
  let finish = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let start = (): void => undefined;
  const started = new Promise<void>((resolve) => {
    start = resolve;
  });
  const exposition = async () => {
    start();
    await released;
    return { contentType: TEXT_TYPE, body: 'up 1\n' };
  };
  return { exposition, started, finish: () => finish() };
}

describe('startListeners()', () => {
  it('listens on every address and on the socket, and tells where', async () => {
    const socketPath = join(temporaryFolder(), 'agent.sock');
    const tcp = [LOOPBACK, '127.0.0.2', '::1'].map((host) => ({ host, port: 0 }));
    const { addresses, lines } = await serve({}, { tcp, socketPath });
    expect(addresses).toEqual([
      expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^127\.0\.0\.2:\d+$/),
      expect.stringMatching(/^\[::1\]:\d+$/),
      `unix:${socketPath}`,
    ]);
    for (const address of addresses.slice(0, 3)) expect((await fetch(`http://${address}/metrics`)).status).toBe(200);
    const client = await RawConnection.open({ path: socketPath });
    expect(await client.get('/metrics')).toBe(200);
    expect(lines.map(({ message }) => message)).toEqual(addresses.map((address) => `Listening on "${address}"`));
  });

  it('listens on all addresses, IPv4 and IPv6, for an empty host', async () => {
    const { port } = await serve({}, { tcp: [{ host: '', port: 0 }] });
    for (const host of [LOOPBACK, '[::1]']) expect((await fetch(`http://${host}:${port}/metrics`)).status).toBe(200);
  });

  it('names the address and the remedy when the port is in use, and closes what it had opened', async () => {
    const folder = temporaryFolder();
    const { port: taken } = await serve();
    const { port: free, stop } = await serve();
    await stop();
    const tcp = [
      { host: LOOPBACK, port: free },
      { host: LOOPBACK, port: taken },
    ];
    const problem = await problemOf(serve({}, { tcp, socketPath: join(folder, 'agent.sock') }));
    expect(problem.message).toBe(`Cannot listen on "127.0.0.1:${taken}": the port is in use`);
    expect(problem.remedy).toContain('--web.listen-address');
    await expect(fetch(`http://127.0.0.1:${free}/metrics`)).rejects.toThrow();
  });

  it('names an address that no interface here has', async () => {
    const problem = await problemOf(serve({}, { tcp: [{ host: '192.0.2.1', port: 0 }] }));
    expect(problem.message).toBe('Cannot listen on "192.0.2.1:0": no interface here has that address');
  });

  it('closes its ports again when the socket cannot be opened', async () => {
    const socketPath = join(temporaryFolder(), 'agent.sock');
    writeFileSync(socketPath, 'precious');
    const { port, stop } = await serve();
    await stop();
    await problemOf(serve({}, { tcp: [{ host: LOOPBACK, port }], socketPath }));
    await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow();
  });
});

describe('the socket file', () => {
  it('is made with its folders, for the owner and the group, and is gone after the stop', async () => {
    const folder = temporaryFolder();
    const socketPath = join(folder, 'a', 'b', 'agent.sock');
    const { stop } = await serve({}, { socketPath });
    expect((lstatSync(socketPath).mode & 0o777).toString(8)).toBe('660');
    expect(existsSync(`${socketPath}.${process.pid}`)).toBe(false);
    await stop();
    expect(existsSync(socketPath)).toBe(false);
  });

  it('replaces that of a dead agent', async () => {
    const socketPath = join(temporaryFolder(), 'agent.sock');
    await staleSocket(socketPath);
    await serve({}, { socketPath });
    const client = await RawConnection.open({ path: socketPath });
    expect(await client.get('/-/healthy')).toBe(200);
  });

  it('of a living agent is an error, and goes on to work', async () => {
    const socketPath = join(temporaryFolder(), 'agent.sock');
    await serve({}, { socketPath });
    const problem = await problemOf(serve({}, { socketPath, socketIsDefault: true }));
    expect(problem.message).toBe(`Cannot listen on "${socketPath}": another process is listening there`);
    const client = await RawConnection.open({ path: socketPath });
    expect(await client.get('/-/healthy')).toBe(200);
  });

  it('of another kind is an error, and is left untouched', async () => {
    const socketPath = join(temporaryFolder(), 'agent.sock');
    writeFileSync(socketPath, 'precious');
    const problem = await problemOf(serve({}, { socketPath }));
    expect(problem.message).toBe(`Cannot listen on "${socketPath}": there is a file that is not a socket`);
    expect(readFileSync(socketPath, 'utf8')).toBe('precious');
  });

  it('is not removed by a stopping agent when it has become somebody else’s', async () => {
    const socketPath = join(temporaryFolder(), 'agent.sock');
    const { stop } = await serve({}, { socketPath });
    rmSync(socketPath);
    const successor = createServer().listen(socketPath);
    onTestFinished(() => void successor.close());
    await once(successor, 'listening');
    await stop();
    expect(lstatSync(socketPath).isSocket()).toBe(true);
  });

  it('that may not be made is an error where the operator asked for it', async () => {
    const problem = await withoutRights(() => problemOf(serve({}, { socketPath: FORBIDDEN })));
    expect(problem.message).toBe(`Cannot listen on "${FORBIDDEN}": permission denied`);
    expect(problem.remedy).toContain('--web.socket');
  });

  it('that may not be made is a warning where nobody asked for it, and the ports go on', async () => {
    const options = { socketPath: FORBIDDEN, socketIsDefault: true };
    const { addresses, base, lines } = await withoutRights(() => serve({}, options));
    expect(addresses).toHaveLength(1);
    expect((await fetch(`${base}/metrics`)).status).toBe(200);
    const warning = lines.find(({ message }) => message.includes('Cannot listen'));
    expect(warning).toMatchObject({
      level: 'warn',
      message: expect.stringContaining(`"${FORBIDDEN}": permission denied`),
    });
    expect(warning?.fields).toHaveProperty('remedy');
  });
});

describe('stop()', () => {
  it('lets a running answer finish, closes idle connections at once and accepts no new one', async () => {
    const { exposition, started, finish } = heldExposition();
    const { port, stop } = await serve({ exposition }, { stopMs: 4_000 });
    const idle = await RawConnection.open({ port, host: LOOPBACK });
    expect(await idle.get('/-/healthy')).toBe(200);
    const silent = await RawConnection.open({ port, host: LOOPBACK });
    const busy = await RawConnection.open({ port, host: LOOPBACK });
    const scrape = busy.get('/metrics');
    await started;

    const stopped = stop();
    await Promise.all([idle.closed, silent.closed]);
    await expect(RawConnection.open({ port, host: LOOPBACK })).rejects.toThrow('ECONNREFUSED');
    expect(busy.socket.destroyed).toBe(false);
    finish();
    expect(await scrape).toBe(200);
    expect(busy.received).toContain('Connection: close');
    await Promise.all([stopped, busy.closed]);
  });

  it('does not wait for an answer that never comes', async () => {
    const { exposition, started } = heldExposition();
    const { port, stop } = await serve({ exposition }, { stopMs: 100 });
    const busy = await RawConnection.open({ port, host: LOOPBACK });
    busy.socket.write('GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n');
    await started;
    await stop();
    await busy.closed;
  });

  it('closes a connection whose answer was already on its way', async () => {
    const { port, stop } = await serve(
      {
        exposition: async () => ({ contentType: TEXT_TYPE, body: 'x'.repeat(8 * 1024 * 1024) }),
      },
      { stopMs: 4_000 },
    );
    const slow = await RawConnection.open({ port, host: LOOPBACK });
    slow.socket.pause();
    slow.socket.write('GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n');
    await sleep(200);
    const stopped = stop();
    slow.socket.resume();
    await stopped;
    await slow.closed;
    expect(slow.received.length).toBeGreaterThan(8 * 1024 * 1024);
  });

  it('may be called twice', async () => {
    const { stop } = await serve({}, { socketPath: join(temporaryFolder(), 'agent.sock') });
    await Promise.all([stop(), stop()]);
    await stop();
  });
});

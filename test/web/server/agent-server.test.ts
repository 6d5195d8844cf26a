import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { createApp } from '../../../src/web/routes/app.ts';
import { createAgentServer, SERVER_LIMITS } from '../../../src/web/server/agent-server.ts';
import { originOf } from '../../../src/web/server/client-group.ts';
import { AnswerTurns } from '../../../src/web/server/fair-queue.ts';
import { TCP_CONNECTIONS } from '../../../src/web/server/listeners.ts';
import { collectedLog } from '../collected-log.ts';
import { RawConnection, sleep } from '../raw-connection.ts';
import { PAGE_FOLDER, serve, TEXT_TYPE, WELL } from '../serving.ts';

const LOOPBACK = '127.0.0.1';
const BIG = 'x'.repeat(8 * 1024 * 1024);

describe('createAgentServer()', () => {
  it('keeps an idle connection as long as it is told, and checks its limits seldom enough to stay idle', () => {
    const { log } = collectedLog();
    const app = createApp(WELL, { telemetryPath: '/metrics', pageFolder: PAGE_FOLDER }, log);
    const limits = { ...SERVER_LIMITS, keepAliveMs: 600_000 };
    const { server } = createAgentServer(
      app,
      { limits, connections: TCP_CONNECTIONS, turns: new AnswerTurns(), originOf },
      log,
    );
    expect(server.keepAliveTimeout).toBe(600_000);
    expect(server.headersTimeout).toBe(10_000);
    expect(server.timeout).toBe(15_000);
    expect(limits.checkEveryMs).toBeGreaterThanOrEqual(5_000);
  });

  it('keeps an idle connection for longer than any limit on a request', async () => {
    const limits = { headersMs: 100, requestMs: 150, stalledMs: 150, checkEveryMs: 20 };
    const { port } = await serve({}, { keepAliveMs: 5_000, limits });
    const client = await RawConnection.open({ port, host: LOOPBACK });
    for (const idleMs of [1_500, 400, 0]) {
      expect(await client.get('/metrics')).toBe(200);
      await sleep(idleMs);
    }
  });

  it('closes a connection that has been idle for the keep-alive time', async () => {
    const { port } = await serve({}, { keepAliveMs: 100 });
    const client = await RawConnection.open({ port, host: LOOPBACK });
    expect(await client.get('/metrics')).toBe(200);
    await client.closed;
  });

  it.each([
    ['sends nothing at all', ''],
    ['stops in the middle of the headers', 'GET /metrics HTTP/1.1\r\nHost: a\r\n'],
  ])('drops a client that %s', async (_how, bytes) => {
    const { port } = await serve({}, { limits: { headersMs: 100, requestMs: 200, checkEveryMs: 20 } });
    const client = await RawConnection.open({ port, host: LOOPBACK });
    client.socket.write(bytes);
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1.1 408 /);
  });

  it('drops a client that trickles a header every now and then', async () => {
    const { port } = await serve({}, { limits: { headersMs: 300, requestMs: 400, checkEveryMs: 20 } });
    const client = await RawConnection.open({ port, host: LOOPBACK });
    client.socket.write('GET /metrics HTTP/1.1\r\nHost: a\r\n');
    const trickle = setInterval(() => client.socket.write('X-More: x\r\n'), 50);
    await client.closed;
    clearInterval(trickle);
    expect(client.received).toMatch(/^HTTP\/1.1 408 /);
  });

  it('drops a kept connection that starts a second request and never ends it', async () => {
    const { port } = await serve({}, { limits: { headersMs: 100, requestMs: 200, checkEveryMs: 20 } });
    const client = await RawConnection.open({ port, host: LOOPBACK });
    expect(await client.get('/metrics')).toBe(200);
    client.socket.write('GET /met');
    await client.closed;
  });

  it('drops a client that does not read its answer', async () => {
    const { port } = await serve(
      { exposition: async () => ({ contentType: TEXT_TYPE, body: BIG }) },
      { limits: { stalledMs: 100 } },
    );
    const client = await RawConnection.open({ port, host: LOOPBACK });
    client.socket.pause();
    client.socket.write('GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n');
    await sleep(2_000);
    client.socket.resume();
    await client.closed;
    expect(client.received.length).toBeLessThan(BIG.length);
  });

  it.each([
    ['a header too many', `GET /metrics HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['a path too long', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431],
    ['what is no HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['a request without a host', 'GET /metrics HTTP/1.1\r\n\r\n', 400],
    ['a header with a NUL', 'GET /metrics HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n', 400],
    ['two lengths', 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    ['an announced body', 'GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n', 413],
    ['a chunked body', 'POST /metrics HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n', 413],
  ])('answers %s, closes the connection and goes on', async (_what, bytes, status) => {
    const { port, base } = await serve();
    const client = await RawConnection.open({ port, host: LOOPBACK });
    client.socket.write(bytes, 'latin1');
    await client.closed;
    expect(client.received).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect((await fetch(`${base}/metrics`)).status).toBe(200);
  });

  it('does not read a body through to its end', async () => {
    const { port } = await serve();
    const client = await RawConnection.open({ port, host: LOOPBACK });
    client.socket.write(`POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: ${1e12}\r\n\r\n`);
    client.socket.write('x'.repeat(1_000_000));
    await client.closed;
  });

  it('answers a handful of pipelined requests in order', async () => {
    const { port } = await serve();
    const client = await RawConnection.open({ port, host: LOOPBACK });
    const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
    client.socket.write(get('/metrics') + get('/nowhere') + get('/-/healthy', 'Connection: close\r\n'));
    await client.closed;
    expect([...client.received.matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status)).toEqual([
      '200',
      '404',
      '200',
    ]);
  });

  it('cuts off a client that pipelines a flood, before a reading was taken for each request', async () => {
    const exposition = vi.fn(async () => {
      await sleep(20);
      return { contentType: TEXT_TYPE, body: 'up 1\n' };
    });
    const { port, base } = await serve({ exposition });
    const client = await RawConnection.open({ port, host: LOOPBACK });
    client.socket.write('GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(1_000));
    await client.closed;
    expect(exposition.mock.calls.length).toBeLessThan(20);
    expect((await fetch(`${base}/metrics`)).status).toBe(200);
  });

  it('takes HTTP/1.0, upgrades and CONNECT for what they are worth', async () => {
    const { port } = await serve();
    const ask = async (bytes: string) => {
      const client = await RawConnection.open({ port, host: LOOPBACK });
      client.socket.write(bytes);
      await client.closed;
      return client.received.slice(0, 12);
    };
    expect(await ask('GET /metrics HTTP/1.0\r\n\r\n')).toBe('HTTP/1.1 200');
    expect(await ask('GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade, close\r\nUpgrade: websocket\r\n\r\n')).toBe(
      'HTTP/1.1 200',
    );
    expect(await ask('CONNECT example.org:443 HTTP/1.1\r\nHost: a\r\n\r\n')).toBe('');
    expect(await ask('OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toBe('HTTP/1.1 404');
  });

  it('would lose an idle scraper with the keep-alive of Node itself', async () => {
    const server = createServer((_req, res) => res.end()).listen(0, LOOPBACK);
    await once(server, 'listening');
    expect(server.keepAliveTimeout).toBeLessThan(15_000);
    server.close();
  });
});

import { readFileSync } from 'node:fs';
import { Agent, get as httpGet, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent as HttpsAgent, get as httpsGet } from 'node:https';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Scrapers } from '../../../src/analysis/scrapers/scrapers.ts';
import type { ClosedConnection, Scrape, ScrapeObserver } from '../../../src/model/scrapers.ts';
import { Connection } from '../../../src/web/server/connection.ts';
import type { RequestFeed } from '../../../src/web/server/pipeline-limiter.ts';
import { createAuthority } from '../../alertmanager/authority.ts';
import { needs } from '../../needs.ts';
import { serveProtected } from '../auth/protected-agent.ts';
import { RawConnection, sleep } from '../raw-connection.ts';
import { serve } from '../serving.ts';

const HOST = '127.0.0.1';
const POLL = { timeout: 5_000, interval: 10 };

function recording() {
  const scrapes: Scrape[] = [];
  const closed: ClosedConnection[] = [];
  const observer: ScrapeObserver = {
    scraped: (scrape) => void scrapes.push(scrape),
    closed: (connection) => void closed.push(connection),
  };
  return { scrapes, closed, observer };
}

/** One GET with node's own client, which keeps connections if its agent does. */
function scrape(url: string, agent: Agent | HttpsAgent, options: object = {}): Promise<void> {
  const get = url.startsWith('https:') ? httpsGet : httpGet;
  return new Promise((resolve, reject) => {
    const asked = get(url, { agent, headers: { 'user-agent': 'test/1' }, ...options }, (answer) => {
      answer.resume().once('end', () => setImmediate(resolve));
    });
    asked.on('error', reject);
  });
}

describe('what listeners report about scrapes', () => {
  it('is a new connection, then a kept one, of the same name', async () => {
    const { scrapes, closed, observer } = recording();
    const { port, base } = await serve({}, { observer });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 3; i += 1) await scrape(`${base}/metrics`, agent);
    await expect.poll(() => scrapes.map(({ kind }) => kind), POLL).toEqual(['new', 'kept', 'kept']);
    expect(new Set(scrapes.map(({ connectionId }) => connectionId)).size).toBe(1);
    const scraper = { address: HOST, userAgent: 'test/1', listener: `${HOST}:${port}` };
    for (const one of scrapes) expect(one).toMatchObject({ scraper, notKept: undefined });
    expect(closed).toEqual([]);
    agent.destroy();
    await expect
      .poll(() => closed, POLL)
      .toMatchObject([{ connectionId: scrapes[0]!.connectionId, closedBy: 'client' }]);
  });

  it('is a new connection each time for a client that changes its port, which asks for it to be closed', async () => {
    const { scrapes, closed, observer } = recording();
    const { base } = await serve({}, { observer });
    for (let i = 0; i < 3; i += 1) await scrape(`${base}/metrics`, new Agent({ keepAlive: false }));
    await expect.poll(() => closed.length, POLL).toBe(3);
    expect(scrapes.map(({ kind, notKept }) => [kind, notKept])).toEqual(Array(3).fill(['new', 'close_header']));
    expect(new Set(closed.map(({ connectionId }) => connectionId)).size).toBe(3);
  });

  it('tells a client of HTTP/1.0 from one that keeps its connection by it', async () => {
    const { scrapes, observer } = recording();
    const { port } = await serve({}, { observer });
    for (const header of ['', 'Connection: keep-alive\r\n']) {
      const client = await RawConnection.open({ port, host: HOST });
      client.socket.write(`GET /metrics HTTP/1.0\r\nHost: a\r\n${header}\r\n`);
      await expect.poll(() => client.received, POLL).toContain('conntrack_entries 7');
    }
    await expect.poll(() => scrapes.map(({ notKept }) => notKept), POLL).toEqual(['http_1_0', undefined]);
    expect(scrapes[0]?.scraper.userAgent).toBe('');
  });

  it('says that the agent itself closed a connection that was idle for the keep-alive time', async () => {
    const { closed, observer } = recording();
    const { port } = await serve({}, { observer, keepAliveMs: 200 });
    const client = await RawConnection.open({ port, host: HOST });
    await client.get('/metrics');
    await client.closed;
    await expect.poll(() => closed, POLL).toMatchObject([{ closedBy: 'keep_alive' }]);
    expect(closed[0]!.idleMs).toBeGreaterThan(150);
  });

  it('says that the agent closed one of too many', async () => {
    const { closed, observer } = recording();
    const { port } = await serve({}, { observer });
    const client = await RawConnection.open({ port, host: HOST });
    await client.get('/metrics');
    for (let i = 0; i < 115; i += 1) await (await RawConnection.open({ port, host: HOST })).get('/metrics');
    await expect.poll(() => closed.map(({ closedBy }) => closedBy), POLL).toContain('agent');
  });

  it('counts no refusal, no other route, and no connection that only asked for those', async () => {
    const { scrapes, closed, observer } = recording();
    const { port } = await serve({}, { observer });
    const client = await RawConnection.open({ port, host: HOST });
    await client.get('/-/healthy');
    await client.get('/nowhere');
    client.socket.destroy();
    await sleep(100);
    expect([scrapes, closed]).toEqual([[], []]);
  });

  it('is the unix socket, whatever becomes of the connection', async () => {
    const { scrapes, observer } = recording();
    const socketPath = join(tmpdir(), `conntrack-observer-${process.pid}.sock`);
    await serve({}, { observer, socketPath });
    for (let i = 0; i < 2; i += 1) await scrape('http://agent/metrics', new Agent(), { socketPath });
    await expect.poll(() => scrapes.length, POLL).toBe(2);
    for (const { kind, scraper } of scrapes) {
      expect([kind, scraper]).toEqual(['socket', { address: '', userAgent: 'test/1', listener: `unix:${socketPath}` }]);
    }
  });

  it('has IPv6 addresses, and IPv4 as such on a socket of both', async () => {
    const { scrapes, observer } = recording();
    const { addresses } = await serve({}, { observer, tcp: [{ host: '::', port: 0 }] });
    const port = addresses[0]!.split(':').at(-1);
    await scrape(`http://[::1]:${port}/metrics`, new Agent());
    await scrape(`http://127.0.0.1:${port}/metrics`, new Agent());
    await expect.poll(() => scrapes.map(({ scraper }) => scraper.address), POLL).toEqual(['::1', '127.0.0.1']);
  });

  it('is one connection under TLS, where the socket changes after the handshake', async (context) => {
    needs(context, 'openssl');
    const { scrapes, closed, observer } = recording();
    const authority = createAuthority();
    const { cert, key } = authority.issue('IP:127.0.0.1');
    const web = 'tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n';
    const { base } = await serveProtected({ 'web.yml': web, 'cert.pem': cert, 'key.pem': key }, { observer });
    const agent = new HttpsAgent({ keepAlive: true, maxSockets: 1, ca: readFileSync(authority.caFile) });
    for (let i = 0; i < 3; i += 1) await scrape(`${base}/metrics`, agent);
    await expect.poll(() => scrapes.map(({ kind }) => kind), POLL).toEqual(['new', 'kept', 'kept']);
    agent.destroy();
    await expect.poll(() => closed, POLL).toMatchObject([{ closedBy: 'client' }]);
    await sleep(50);
    expect(closed).toHaveLength(1);
  });

  it('keeps no more than the beginning of what a client calls itself, and sixteen of them', async () => {
    const scrapers = new Scrapers({ isUntracked: false });
    const observer: ScrapeObserver = {
      scraped: (one) => scrapers.add(one, performance.now()),
      closed: (one) => scrapers.closed(one),
    };
    const { base } = await serve({}, { observer });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let name = 0; name < 300; name += 1) {
      await scrape(`${base}/metrics`, agent, { headers: { 'user-agent': `${name}/${'x'.repeat(6_000)}` } });
    }
    agent.destroy();
    const reports = scrapers.reportsAt(performance.now());
    expect(reports).toHaveLength(16);
    for (const { userAgent } of reports) expect(userAgent).toHaveLength(120);
  });
});

/** A connection that was asked for the metrics every two seconds. */
function askedAtIntervals(times: number, isAhead: (time: number) => boolean): Connection {
  const connection = new Connection({ remoteAddress: '10.0.0.9' } as Socket, '10.0.0.9', 0);
  const [req, res] = [
    { headers: {} } as IncomingMessage,
    { writableFinished: true, statusCode: 200 } as ServerResponse,
  ];
  for (let time = 1; time <= times; time += 1) {
    connection.feed = { isAhead: isAhead(time) } as RequestFeed;
    connection.begin(res, 2000 * time);
    connection.end(req, { isScrape: true, nowMs: 2000 * time });
  }
  return connection;
}

describe('Connection', () => {
  it('is that of a scraper after three scrapes at intervals, and waits in the queue of scrapers', () => {
    const { scraperSinceMs, queue } = askedAtIntervals(4, () => false);
    expect(scraperSinceMs).toBe(6000);
    expect(queue).toBe('scrapers of 10.0.0.9');
  });

  it('is none, and no longer one, where a client asks on before it has its answer', () => {
    expect(askedAtIntervals(9, () => true).queue).toBe('10.0.0.9');
    expect(askedAtIntervals(9, (time) => time === 9).queue).toBe('10.0.0.9');
  });
});

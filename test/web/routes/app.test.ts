import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { RawConnection } from '../raw-connection.ts';
import { STATUS } from '../sample-status.ts';
import { OPENMETRICS_TYPE, serve, TEXT_TYPE } from '../serving.ts';

/** fetch() asks for the connection to be closed after HEAD, and is told so. */
const HOP_BY_HOP = ['connection', 'keep-alive'];

describe('createApp()', () => {
  it('answers the telemetry path in text, with its length, for nobody to cache', async () => {
    const { base } = await serve();
    const answer = await fetch(`${base}/metrics`, { headers: { 'accept-encoding': 'identity' } });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('conntrack_entries 7\n');
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': TEXT_TYPE,
      'content-length': '20',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    expect(answer.headers.has('x-powered-by')).toBe(false);
    expect(answer.headers.has('etag')).toBe(false);
    expect(answer.headers.has('content-encoding')).toBe(false);
  });

  it('answers OpenMetrics to whom it is dearer', async () => {
    const { base } = await serve();
    const accept = 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';
    const answer = await fetch(`${base}/metrics`, { headers: { accept } });
    expect(answer.headers.get('content-type')).toBe(OPENMETRICS_TYPE);
    expect(await answer.text()).toBe('conntrack_entries 7\n# EOF\n');
  });

  it('compresses when asked, and says how long the compressed body is', async () => {
    const body = 'conntrack_entries 7\n'.repeat(500);
    const { port } = await serve({ exposition: async () => ({ contentType: TEXT_TYPE, body }) });
    const client = await RawConnection.open({ port, host: '127.0.0.1' });
    client.socket.write('GET /metrics HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n');
    await client.closed;
    const end = client.received.indexOf('\r\n\r\n');
    const [head, packed] = [client.received.slice(0, end), client.received.slice(end + 4)];
    expect(head).toContain('Content-Encoding: gzip');
    expect(head).toContain(`Content-Length: ${packed.length}`);
    expect(gunzipSync(Buffer.from(packed, 'latin1')).toString()).toBe(body);
  });

  it('measures a body in bytes, not in characters', async () => {
    const body = 'node_info{name="Zürich"} 1\n';
    const { base } = await serve({ exposition: async () => ({ contentType: TEXT_TYPE, body }) });
    const answer = await fetch(`${base}/metrics`);
    expect(await answer.text()).toBe(body);
  });

  it.each([
    ['/metrics', 'gzip'],
    ['/metrics', 'identity'],
    ['/-/healthy', 'gzip'],
    ['/-/ready', 'gzip'],
    ['/api/v1/status', 'gzip'],
    ['/api/v1/history', 'gzip'],
    ['/api/v1/history', 'identity'],
    ['/api/v1/history?minutes=0', 'gzip'],
    ['/', 'gzip'],
    ['/nowhere', 'gzip'],
  ])('answers HEAD %s (%s) with the headers of GET and no body', async (path, encoding) => {
    const { base } = await serve();
    const ask = (method: string) => fetch(`${base}${path}`, { method, headers: { 'accept-encoding': encoding } });
    const [get, head] = [await ask('GET'), await ask('HEAD')];
    expect(await get.text()).not.toBe('');
    expect(await head.text()).toBe('');
    expect(head.status).toBe(get.status);
    const steady = (headers: Headers) => [...headers].filter(([name]) => !['date', ...HOP_BY_HOP].includes(name));
    expect(steady(head.headers)).toEqual(steady(get.headers));
    expect(head.headers.has('content-length')).toBe(true);
  });

  it('matches the telemetry path letter by letter', async () => {
    const { port } = await serve({}, { telemetryPath: '/me(t)rics:all/{a}*x' });
    const client = await RawConnection.open({ port, host: '127.0.0.1' });
    expect(await client.get('/me(t)rics:all/{a}*x?collect[]=none')).toBe(200);
    expect(await client.get('/metrics:all/ax')).toBe(404);
    expect(await client.get('/metrics')).toBe(404);
  });

  it.each(['/Metrics', '/metrics/', '/metrics/x', '//metrics', '/%2e%2e/metrics', '/-/healthy/', '/%', '/api'])(
    'does not know %s',
    async (path) => {
      const { port } = await serve();
      const client = await RawConnection.open({ port, host: '127.0.0.1' });
      expect(await client.get(path)).toBe(404);
    },
  );

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('refuses %s with the methods it knows', async (method) => {
    const { base } = await serve();
    for (const path of [
      '/metrics',
      '/-/healthy',
      '/-/ready',
      '/api/v1/status',
      '/api/v1/history',
      '/api/v1/stream',
      '/',
    ]) {
      const answer = await fetch(`${base}${path}`, { method });
      expect(answer.status).toBe(405);
      expect(answer.headers.get('allow')).toBe('GET, HEAD');
    }
  });

  it('answers 200 while healthy and ready', async () => {
    const { base } = await serve();
    for (const [path, text] of Object.entries({ '/-/healthy': 'healthy\n', '/-/ready': 'ready\n' })) {
      const answer = await fetch(`${base}${path}`);
      expect([answer.status, await answer.text()]).toEqual([200, text]);
    }
  });

  it('answers 503 with the reason and the remedy while it is not', async () => {
    const { base } = await serve({
      healthy: () => ({ ok: false, reason: 'the sampler stands still' }),
      ready: () => ({ ok: false, reason: 'not in the namespace of the node', remedy: 'Set hostNetwork: true' }),
    });
    const healthy = await fetch(`${base}/-/healthy`);
    expect([healthy.status, await healthy.text()]).toEqual([503, 'the sampler stands still\n']);
    const ready = await fetch(`${base}/-/ready`);
    expect([ready.status, await ready.text()]).toEqual([
      503,
      'not in the namespace of the node\nSet hostNetwork: true\n',
    ]);
  });

  it('tells the status as JSON', async () => {
    const { base } = await serve();
    const answer = await fetch(`${base}/api/v1/status`);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await answer.json()).toEqual(STATUS);
  });

  it('repeats nothing of the request in a refusal', async () => {
    const { base } = await serve();
    const answer = await fetch(`${base}/<script>?q=<script>`);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toBe('Not found\n');
  });

  it('survives an exposition that fails, tells the log why and the client nothing', async () => {
    let broken = true;
    const { base, lines } = await serve({
      exposition: async () => {
        if (broken) throw new Error('EIO: /proc/sys/net/netfilter/nf_conntrack_count');
        return { contentType: TEXT_TYPE, body: 'up 1\n' };
      },
    });
    const answer = await fetch(`${base}/metrics`);
    expect([answer.status, await answer.text()]).toEqual([500, "Cannot answer: the agent's log says why\n"]);
    expect(lines.at(-1)).toMatchObject({
      level: 'error',
      message: 'Cannot answer "/metrics": EIO: /proc/sys/net/netfilter/nf_conntrack_count',
    });
    broken = false;
    expect((await fetch(`${base}/metrics`)).status).toBe(200);
  });

  it.each([
    ['/-/healthy', { healthy: fail }],
    ['/-/ready', { ready: fail }],
    ['/api/v1/status', { status: fail }],
    ['/api/v1/status', { status: () => ({ ...STATUS, memory: 1n }) }],
    ['/api/v1/history', { history: fail }],
    ['/api/v1/stream', { history: fail }],
    ['/api/v1/stream', { status: fail }],
    ['/', { status: fail }],
  ])('answers 500 on %s when the agent cannot tell', async (path, view) => {
    const { base } = await serve(view);
    expect((await fetch(`${base}${path}`)).status).toBe(500);
    expect((await fetch(`${base}/metrics`)).status).toBe(200);
  });

  it('gives requests and responses the prototype express wants from birth, since swapping it makes a scrape three times as dear', async () => {
    const swapped: object[] = [];
    const real = Object.setPrototypeOf;
    const { base } = await serve();
    Object.setPrototypeOf = (object, prototype) => {
      if (Object.getPrototypeOf(object) !== prototype) swapped.push(object);
      return real(object, prototype);
    };
    try {
      await fetch(`${base}/-/healthy`);
    } finally {
      Object.setPrototypeOf = real;
    }
    expect(swapped).toEqual([]);
  });
});

function fail(): never {
  throw new Error('no reading yet');
}

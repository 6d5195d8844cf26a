import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RawConnection } from '../raw-connection.ts';
import { serve } from '../serving.ts';

const names = { nodeName: 'Node-1.example.org', allowed: ['conntrack.example.com'] };
const BROWSER = 'Accept-Language: en-US,en;q=0.9';

/** The status of one GET with just these header lines. */
async function statusOf(port: number, path: string, ...lines: string[]): Promise<number> {
  const client = await RawConnection.open({ port, host: '127.0.0.1' });
  client.socket.write(`${[`GET ${path} HTTP/1.1`, ...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`);
  await client.closed;
  return Number(client.received.slice(9, 12));
}

describe('the Host of a request over TCP', () => {
  it.each([
    '10.0.0.7:10098',
    '10.0.0.7',
    '[2001:db8::7]:10098',
    '[::1]',
    'localhost:10098',
    'agent.localhost:10098',
    'node-1:10098',
    'conntrack-agent',
    'node-1.example.org:10098',
    'NODE-1.EXAMPLE.ORG.:10098',
    'conntrack.example.com',
  ])('may be %s in a browser', async (host) => {
    const { port } = await serve({}, { names });
    expect(await statusOf(port, '/metrics', `Host: ${host}`, BROWSER)).toBe(200);
  });

  it.each([
    'evil.example:10098',
    'node-1.evil.example',
    'node-1.example.org.evil.example',
    'conntrack.example.com.evil.example',
    '10.0.0.7.evil.example',
    'evil.example:10098:10098',
    '[evil.example]',
    'user@evil.example',
    'localhost.evil.example',
  ])('may not be %s in a browser, whatever the path', async (host) => {
    const { port } = await serve({}, { names });
    for (const path of [
      '/metrics',
      '/',
      '/api/v1/status',
      '/api/v1/flows',
      '/api/v1/stream',
      '/nowhere',
      '/-/healthy/..',
    ])
      expect([path, await statusOf(port, path, `Host: ${host}`, BROWSER)]).toEqual([path, 403]);
  });

  it.each([
    'Accept-Language:', // A page may set it to nothing.
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
    'Referer: http://evil.example/',
    'Origin: http://evil.example',
    'Sec-Fetch-Mode: cors',
    'Sec-Fetch-Site: same-origin',
  ])('is held to that where a browser tells itself by "%s"', async (line) => {
    const { port } = await serve({}, { names });
    expect(await statusOf(port, '/metrics', 'Host: evil.example', line)).toBe(403);
  });

  it.each([
    ['Prometheus', 'User-Agent: Prometheus/3.5.0', 'Accept: text/plain', 'Accept-Encoding: gzip'],
    ['curl', 'User-Agent: curl/8.14.1', 'Accept: */*'],
    ['somebody who says nothing'],
  ])('may be any name for %s', async (_who, ...lines) => {
    const { port } = await serve({}, { names });
    expect(await statusOf(port, '/metrics', 'Host: node-1.prod.internal.example:10098', ...lines)).toBe(200);
  });

  it('may be anything for a probe, and is checked over the unix socket too, which ssh may forward to a port', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'conntrack-host-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const socketPath = join(folder, 'agent.sock');
    const { port } = await serve({}, { names, socketPath });
    for (const path of ['/-/healthy', '/-/ready', '/-/ready?verbose'])
      expect(await statusOf(port, path, 'Host: lb.example', BROWSER)).toBe(200);
    const client = await RawConnection.open({ path: socketPath });
    client.socket.write(`GET /metrics HTTP/1.1\r\nHost: evil.example\r\n${BROWSER}\r\nConnection: close\r\n\r\n`);
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1.1 403 /);
  });

  it.each([
    ['two that differ', ['Host: 10.0.0.7', 'Host: evil.example'], 400],
    ['the same twice', ['Host: 10.0.0.7', 'hOST: 10.0.0.7'], 400],
    ['none', [], 400],
  ])('is refused when there are %s', async (_what, lines, status) => {
    const { port } = await serve({}, { names });
    expect(await statusOf(port, '/metrics', ...lines)).toBe(status);
    expect(await statusOf(port, '/-/healthy', ...lines)).toBe(status);
  });
});

describe('a page of another site', () => {
  const HOST = 'Host: 10.0.0.7:10098';

  it.each([
    ['asks from another origin', ['Origin: http://evil.example'], 403],
    ['has no origin to tell', ['Origin: null'], 403],
    ['takes us for a picture', ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: no-cors'], 403],
    ['is on another port', ['Sec-Fetch-Site: same-site', 'Sec-Fetch-Mode: cors'], 403],
    ['has a link to us', ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate'], 200],
  ])('that %s: %j is answered %i', async (_how, lines, status) => {
    const { port } = await serve({}, { names });
    expect(await statusOf(port, '/api/v1/status', HOST, ...lines)).toBe(status);
  });

  it('is another thing than our own', async () => {
    const { port } = await serve({}, { names });
    const own = ['Origin: http://10.0.0.7:10098', 'Sec-Fetch-Site: same-origin', 'Sec-Fetch-Mode: cors'];
    expect(await statusOf(port, '/api/v1/status', HOST, ...own)).toBe(200);
    expect(await statusOf(port, '/', HOST, 'Sec-Fetch-Site: none', 'Sec-Fetch-Mode: navigate')).toBe(200);
  });
});

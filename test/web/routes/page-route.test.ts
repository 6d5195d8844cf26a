import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { RawConnection } from '../raw-connection.ts';
import { STATUS } from '../sample-status.ts';
import { serve } from '../serving.ts';

/** All that a browser fetches to show the page: the limit of what an on-call engineer's phone should have to. */
const MOST_BYTES = 60 * 1024;

const hrefsOf = (html: string) => [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, path]) => path!);

describe('pageRoute()', () => {
  it('has the numbers of the moment without any script, and their time', async () => {
    const { base } = await serve();
    const html = await (await fetch(base)).text();
    for (const text of [
      'node-1',
      '7 % full, not filling, losing nothing',
      '7 %',
      'as of 14:03:12 UTC',
      'No alarm fires',
    ]) {
      expect(html).toContain(text);
    }
    expect(html).toContain('without JavaScript it does not update itself');
  });

  it('writes all text as text, and links to every route beside it', async () => {
    const evil = `<script>alert("1")</script>&'`;
    const status = { ...STATUS, node: evil, summary: { level: 'ok' as const, text: evil } };
    const { base } = await serve({ status: () => status }, { telemetryPath: '/"><i>' });
    const html = await (await fetch(base)).text();
    expect(html.match(/&lt;script&gt;alert\(&quot;1&quot;\)&lt;\/script&gt;&amp;&#39;/g)).toHaveLength(3);
    expect(html).not.toContain('<script>');
    expect(html).not.toContain('<i>');
    const links = hrefsOf(html.slice(html.indexOf('<footer>')));
    expect(links).toEqual([
      './&quot;&gt;&lt;i&gt;',
      './-/healthy',
      './-/ready',
      './api/v1/status',
      './api/v1/history',
      './api/v1/flows',
    ]);
  });

  it('has no link from the root, which would lead past the prefix of a proxy', async () => {
    const { base } = await serve();
    const html = await (await fetch(base)).text();
    const links = Array.from(html.matchAll(/ (?:href|src|action)="([^"]*)"/g), ([, link]) => link!);
    expect(links).toContain('./api/v1/history');
    for (const link of links) {
      const { pathname, origin } = new URL(link, 'http://proxy/nodes/node-1/');
      if (origin === 'http://proxy') expect(pathname, link).toMatch(/^\/nodes\/node-1\//);
    }
  });

  it('lets nothing but its own files in, and has no script or style within', async () => {
    const { base } = await serve();
    const answer = await fetch(base);
    const policy = answer.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).not.toMatch(/unsafe|\*|https?:|data:/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    const html = await answer.text();
    expect(html).not.toMatch(/ style=| on[a-z]+=|<style/);
    expect(html.match(/<script/g)).toHaveLength(1);
  });

  it('and all it loads are at most 60 KiB as they are sent', async () => {
    const { base, port } = await serve();
    const html = await (await fetch(base)).text();
    const paths = hrefsOf(html.slice(0, html.indexOf('<body>')));
    expect(paths.map((path) => path.replace(/-[0-9a-f]{10}\./, '.'))).toEqual([
      './page/icon.svg',
      './page/style.css',
      './page/page.js',
    ]);
    let bytes = gzipSync(html).length;
    for (const path of paths) bytes += (await raw(port, path.slice(1))).body.length;
    process.stdout.write(`the page: ${bytes} bytes compressed\n`);
    expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
  });

  it('names its files by what is in them and has them kept for ever', async () => {
    const { base, port } = await serve();
    const html = await (await fetch(base)).text();
    const script = hrefsOf(html).find((path) => path.endsWith('.js'))!;
    const { head, body } = await raw(port, script.slice(1));
    expect(head).toContain('Cache-Control: max-age=31536000, immutable');
    expect(head).toContain('Content-Type: text/javascript; charset=utf-8');
    expect(head).toContain('Content-Encoding: gzip');
    expect(script).toContain(createHash('sha256').update(body).digest('hex').slice(0, 10));
    const plain = await fetch(`${base}/${script.slice(2)}`, { headers: { 'accept-encoding': 'identity' } });
    expect(plain.headers.has('content-encoding')).toBe(false);
    expect(await plain.text()).toContain('EventSource');
    expect((await fetch(`${base}/page/page.js`)).status).toBe(404);
  });

  it('stands still where its files are not there, and warns with what to do', async () => {
    const { base, lines } = await serve({}, { pageFolder: new URL('file:///nowhere/page/') });
    const answer = await fetch(base);
    const html = await answer.text();
    expect([answer.status, html.includes('7 % full'), html.includes('<script')]).toEqual([200, true, false]);
    expect(lines.find(({ message }) => message.includes('the status page does not update itself'))).toMatchObject({
      level: 'warn',
    });
    expect((await fetch(`${base}/metrics`)).status).toBe(200);
  });
});

async function raw(port: number, path: string): Promise<{ head: string; body: Buffer }> {
  const client = await RawConnection.open({ port, host: '127.0.0.1' });
  client.socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n`);
  await client.closed;
  const end = client.received.indexOf('\r\n\r\n');
  return { head: client.received.slice(0, end), body: Buffer.from(client.received.slice(end + 4), 'latin1') };
}

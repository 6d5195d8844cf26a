import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { RequestFeed } from '../../../src/web/server/pipeline-limiter.ts';
import { createAuthority } from '../../alertmanager/authority.ts';
import { needs } from '../../needs.ts';
import { serveProtected } from '../auth/protected-agent.ts';
import { RawConnection } from '../raw-connection.ts';
import { serve } from '../serving.ts';

const SMALL = 'GET / HTTP/1.1\r\nHost:\r\n\r\n';
const READ_BYTES = 64 * 1024;
const ONE_READ = SMALL.repeat(Math.ceil(READ_BYTES / SMALL.length));

/** Requests that the HTTP parsers of this process have made since. */
function countParsed(): () => number {
  const count = vi.fn();
  subscribe('http.server.request.start', count);
  onTestFinished(() => void unsubscribe('http.server.request.start', count));
  return () => count.mock.calls.length;
}

/** Writes all of it at once, and waits until the connection is closed. */
async function writeAll(socket: Socket, text: string): Promise<void> {
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  socket.resume();
  socket.write(text);
  await new Promise((resolve) => socket.once('close', resolve));
}

const statusesIn = (received: string) => [...received.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status);

describe('RequestFeed', () => {
  it('has the parser make a few of 2,600 requests sent in one piece, over TCP', async () => {
    const { port } = await serve();
    const parsed = countParsed();
    await writeAll(connect({ port, host: '127.0.0.1' }), ONE_READ);
    expect(parsed()).toBeLessThan(10);
  });

  it('does so over the unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'request-feed-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const socketPath = join(folder, 'agent.sock');
    await serve({}, { socketPath });
    const parsed = countParsed();
    await writeAll(connect(socketPath), ONE_READ);
    expect(parsed()).toBeLessThan(10);
  });

  it('does so over TLS', async (context) => {
    needs(context, 'openssl');
    const authority = createAuthority();
    const { cert, key } = authority.issue('IP:127.0.0.1');
    const web = 'tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n';
    const { port } = await serveProtected({ 'web.yml': web, 'cert.pem': cert, 'key.pem': key });
    const parsed = countParsed();
    const ca = readFileSync(authority.caFile, 'utf8');
    const socket = connectTls({ host: '127.0.0.1', port, servername: '', ca });
    await once(socket, 'secureConnect');
    await writeAll(socket, ONE_READ);
    expect(parsed()).toBeLessThan(10);
  });

  it('answers all that a client sends ahead, in order, as long as it is no more than one request may be', async () => {
    const { port } = await serve();
    const client = await RawConnection.open({ port, host: '127.0.0.1' });
    const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
    const paths = Array.from({ length: 200 }, (_, i) => (i % 3 === 0 ? '/nowhere' : '/metrics'));
    client.socket.write(paths.map((path) => get(path)).join('') + get('/-/ready', 'Connection: close\r\n'));
    await client.closed;
    expect(statusesIn(client.received)).toEqual([...paths.map((path) => (path === '/nowhere' ? '404' : '200')), '200']);
  });

  it('drops a client that sends more than that ahead of an answer', async () => {
    let finish = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const exposition = async () => {
      await held;
      return { contentType: 'text/plain', body: 'up 1\n' };
    };
    const { port } = await serve({ exposition });
    const client = await RawConnection.open({ port, host: '127.0.0.1' });
    client.socket.write('GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n');
    const more = setInterval(() => client.socket.write(SMALL.repeat(100)), 5);
    await client.closed;
    clearInterval(more);
    finish();
    expect(statusesIn(client.received)).toEqual([]);
  });

  it.each(Array.from({ length: 41 }, (_, i) => i + 1))(
    'sees the end of a request wherever its pieces end: after %i bytes',
    async (cut) => {
      const { port } = await serve();
      const client = await RawConnection.open({ port, host: '127.0.0.1', noDelay: true });
      const text = '\r\n\r\nGET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2).replace(/\r\n$/, '');
      client.socket.write(text.slice(0, cut));
      await new Promise((resolve) => setTimeout(resolve, 5));
      client.socket.write(`${text.slice(cut)}Connection: close\r\n\r\n`);
      await client.closed;
      expect(statusesIn(client.received)).toEqual(['200', '200']);
    },
  );

  it('gives requests their turn that Node answers without asking anybody', async () => {
    const { port } = await serve();
    const client = await RawConnection.open({ port, host: '127.0.0.1' });
    const odd = 'GET / HTTP/1.1\r\nHost: a\r\nExpect: the-unexpected\r\n\r\n';
    client.socket.write(`${odd.repeat(50)}GET /-/healthy HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    await client.closed;
    expect(statusesIn(client.received)).toEqual([...Array.from({ length: 50 }, () => '417'), '200']);
  });

  it('tells a client that sends a body why, though it sends more of it than may wait', async () => {
    const { port } = await serve();
    const client = await RawConnection.open({ port, host: '127.0.0.1' });
    const bytes = 50_000;
    client.socket.write(
      `POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n\r\n${'x\n'.repeat(bytes / 2)}`,
    );
    await client.closed;
    expect(statusesIn(client.received)).toEqual(['413']);
  });

  it('refuses a socket that no HTTP server reads from, instead of leaving its requests to nobody', () => {
    const options = { waitingBytes: 1, isBusy: () => false, overrun: () => undefined };
    expect(() => new RequestFeed(new Socket(), options)).toThrow('does not listen to the data of its sockets');
  });
});

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AgentView } from '../../../src/web/routes/agent-view.ts';
import type { ListenerOptions } from '../../../src/web/server/listeners.ts';
import { createAuthority } from '../../alertmanager/authority.ts';
import { needs } from '../../needs.ts';
import { RawConnection, sleep } from '../raw-connection.ts';
import { ask, REREAD_MS, serveProtected } from './protected-agent.ts';

const TLS = 'tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n';
const POLL = { timeout: 5_000, interval: 20 };

async function serveTls(more = '', options: Partial<ListenerOptions> = {}, view: Partial<AgentView> = {}) {
  const authority = createAuthority();
  const ca = readFileSync(authority.caFile, 'utf8');
  const { cert, key } = authority.issue('IP:127.0.0.1');
  const files = { 'web.yml': TLS + more, 'cert.pem': cert, 'key.pem': key, 'ca.pem': ca };
  const served = await serveProtected(files, options, view);
  return { ...served, authority, ca };
}

async function secure(port: number, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, servername: '', ...options });
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

/** The status of one GET on an open connection; "closed" when it goes away instead. */
async function get(socket: TLSSocket, path: string): Promise<string> {
  socket.write(`GET ${path} HTTP/1.1\r\nHost: agent\r\n\r\n`);
  return Promise.race([
    once(socket, 'data').then(([data]) => String(data).slice(9, 12)),
    once(socket, 'close').then(() => 'closed'),
  ]).catch(() => 'closed');
}

/** The certificate with a month 99 in its end, which is the second UTCTime of 13 bytes (RFC 5280, 4.1.2.5). */
function withoutEnd(pem: string): string {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const time = Buffer.from([0x17, 13]);
  const end = der.indexOf(time, der.indexOf(time) + 15);
  der.write('269999', end + time.length, 'latin1');
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}

describe('an agent with tls_server_config', () => {
  it.each([
    ['encrypted', ['-aes256', '-passout', 'pass:x'], 'key_file is encrypted', /openssl pkey/],
    [
      'encrypted in the older format',
      ['-traditional', '-aes256', '-passout', 'pass:x'],
      'key_file is encrypted',
      /Decrypt/,
    ],
    ['public', ['-pubout'], 'key_file holds no private key', /private key of the certificate/],
  ])(
    'does not start with a key that is %s, and names the reason and the remedy',
    async (_what, args, reason, remedy) => {
      const { cert, key } = createAuthority().issue('IP:127.0.0.1');
      const unusable = execFileSync('openssl', ['pkey', ...args], { input: key, encoding: 'utf8' });
      const serving = serveProtected({ 'web.yml': TLS, 'cert.pem': cert, 'key.pem': unusable });
      await expect(serving).rejects.toMatchObject({
        message: expect.stringMatching(new RegExp(`^Cannot use ".*web.yml": tls_server_config: ${reason}$`)),
        remedy: expect.stringMatching(remedy),
      });
    },
  );

  it('speaks TLS and nothing else', async (context) => {
    needs(context, 'openssl');
    const { base, ca, port } = await serveTls();
    expect((await ask(`${base}/metrics`, { ca })).body).toContain('conntrack_entries 7');
    await expect(ask(`${base}/metrics`)).rejects.toThrow(/certificate/);
    await expect(ask(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow();
  });

  it('streams over it, and a stream ends with the agent', async (context) => {
    needs(context, 'openssl');
    const { port, ca, stop } = await serveTls('', { stopMs: 60_000 });
    const socket = await secure(port, { ca });
    let text = '';
    socket.on('data', (data) => {
      text += String(data);
    });
    socket.write('GET /api/v1/stream HTTP/1.1\r\nHost: agent\r\n\r\n');
    await expect.poll(() => text.match(/^event: status$/gm)?.length ?? 0, POLL).toBeGreaterThanOrEqual(3);
    const closed = once(socket, 'close');
    await stop(); // Would wait a minute for a stream that does not end.
    await closed;
  });

  it('holds to its versions and ciphers', async (context) => {
    needs(context, 'openssl');
    const more = '  max_version: TLS12\n  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n';
    const { port, ca } = await serveTls(more);
    const socket = await secure(port, { ca });
    expect([socket.getProtocol(), socket.getCipher().name]).toEqual(['TLSv1.2', 'ECDHE-ECDSA-AES256-GCM-SHA384']);
    await expect(secure(port, { ca, minVersion: 'TLSv1.3' })).rejects.toThrow();
    await expect(secure(port, { ca, ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' })).rejects.toThrow();
  });

  it.each([
    ['RequestClientCert', ['200', '200', '200']],
    ['RequireAnyClientCert', ['closed', '200', '200']],
    ['VerifyClientCertIfGiven', ['200', 'closed', '200']],
    ['RequireAndVerifyClientCert', ['closed', 'closed', '200']],
  ])('lets in with %s, of nobody, a stranger and a friend: %j', async (type, expected) => {
    const verifies = type.includes('Verify') ? '  client_ca_file: ca.pem\n' : '';
    const { port, ca, authority } = await serveTls(`  client_auth_type: ${type}\n${verifies}`);
    const clients = [{}, createAuthority().issue('DNS:stranger'), authority.issue('DNS:friend')];
    const seen = [];
    for (const client of clients) seen.push(await get(await secure(port, { ca, ...client }), '/metrics'));
    expect(seen).toEqual(expected);
  });

  it('hands out a renewed certificate without dropping a connection', async (context) => {
    needs(context, 'openssl');
    const { port, ca, authority, write, lines } = await serveTls();
    const old = await secure(port, { ca });
    const renewed = authority.issue('IP:127.0.0.1');
    write('cert.pem', renewed.cert);
    await expect.poll(() => lines.filter(({ level }) => level === 'error').length, POLL).toBe(1);
    write('key.pem', renewed.key);
    const serial = async () => (await secure(port, { ca })).getPeerCertificate().serialNumber;
    await expect.poll(serial, POLL).not.toBe(old.getPeerCertificate().serialNumber);
    expect(await get(old, '/metrics')).toBe('200');
    expect(lines.at(-1)?.message).toContain('is in force');
  });

  it('serves a certificate that has expired, which clients refuse, and lets go on who is in', async (context) => {
    needs(context, 'openssl');
    const { base, port, ca, authority, write, lines } = await serveTls();
    const kept = await secure(port, { ca });
    const expired = authority.issue('IP:127.0.0.1', -1);
    write('key.pem', expired.key);
    write('cert.pem', expired.cert);
    await expect.poll(() => ask(`${base}/metrics`, { ca }).catch(({ code }) => code), POLL).toBe('CERT_HAS_EXPIRED');
    expect(await get(kept, '/metrics')).toBe('200');
    expect((await ask(`${base}/metrics`, { rejectUnauthorized: false })).status).toBe(200);
    const ended = () => lines.filter(({ level, message }) => level === 'error' && /names ended at 20/.test(message));
    await expect.poll(() => ended().length, POLL).toBe(1);
    await sleep(5 * REREAD_MS);
    expect(ended()).toHaveLength(1);
    const renewed = authority.issue('IP:127.0.0.1');
    write('key.pem', renewed.key);
    write('cert.pem', renewed.cert);
    await expect.poll(() => ask(`${base}/metrics`, { ca }).then(({ status }) => status, String), POLL).toBe(200);
  });

  it('serves a certificate whose end cannot be read, and says nothing of it', async (context) => {
    needs(context, 'openssl');
    const { base, authority, write, lines } = await serveTls();
    const { cert, key } = authority.issue('IP:127.0.0.1');
    write('key.pem', key);
    write('cert.pem', withoutEnd(cert));
    await expect.poll(() => lines.at(-1)?.message, POLL).toContain('is in force');
    await sleep(5 * REREAD_MS);
    expect((await ask(`${base}/metrics`, { rejectUnauthorized: false })).status).toBe(200);
    expect(lines.at(-1)?.message).toContain('is in force');
  });

  it('takes no new connection of clients whose authority is gone, and keeps those that were let in', async (context) => {
    needs(context, 'openssl');
    const options = '  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n';
    const { port, ca, authority, write } = await serveTls(options);
    const friend = authority.issue('DNS:friend');
    const kept = await secure(port, { ca, ...friend });
    expect(await get(kept, '/metrics')).toBe('200');
    write('ca.pem', readFileSync(createAuthority().caFile, 'utf8'));
    await expect.poll(async () => get(await secure(port, { ca, ...friend }), '/metrics'), POLL).toBe('closed');
    expect(await get(kept, '/metrics')).toBe('200');
  });

  it('says that switching TLS off takes a restart, and goes on with it', async (context) => {
    needs(context, 'openssl');
    const { base, ca, write, lines } = await serveTls();
    write('web.yml', '');
    await expect.poll(() => lines.at(-1)?.message, POLL).toMatch(/it takes away TLS .* while the agent runs/);
    expect((await ask(`${base}/metrics`, { ca })).status).toBe(200);
  });
});

describe('ConnectionGuard under TLS', () => {
  it('keeps a scraper’s connection while its own address floods with handshakes and without', async (context) => {
    needs(context, 'openssl');
    const { port, ca } = await serveTls();
    const scraper = await secure(port, { ca });
    expect(await get(scraper, '/metrics')).toBe('200');
    const silent = Array.from({ length: 150 }, () => RawConnection.open({ port, host: '127.0.0.1' }));
    await Promise.all(silent);
    for (let i = 0; i < 130; i++) await secure(port, { ca });
    expect(await get(scraper, '/metrics')).toBe('200');
    const gone = (await Promise.all(silent)).filter(({ socket }) => socket.destroyed || socket.readableEnded);
    expect(gone.length).toBeGreaterThan(100);
    expect(await get(await secure(port, { ca }), '/metrics')).toBe('200');
  }, 60_000);

  it('cuts a client off that asks on and on without reading', async (context) => {
    needs(context, 'openssl');
    const { port, ca } = await serveTls();
    const socket = await secure(port, { ca });
    socket.write('GET /metrics HTTP/1.1\r\nHost: agent\r\n\r\n'.repeat(2_000));
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
  });

  it('lets a long answer out while stopping, to a client that reads late, and closes the idle', async (context) => {
    needs(context, 'openssl');
    const body = 'conntrack_entries 7\n'.repeat(400_000);
    const exposition = async () => ({ contentType: 'text/plain', body });
    const { port, ca, stop } = await serveTls('', { stopMs: 10_000 }, { exposition });
    const [idle, asking] = [await secure(port, { ca }), await secure(port, { ca })];
    asking.pause();
    asking.write('GET /metrics HTTP/1.1\r\nHost: agent\r\n\r\n');
    await sleep(300);
    const stopped = stop();
    idle.resume();
    await new Promise((resolve) => idle.once('close', resolve));
    let received = 0;
    asking.on('data', (data: Buffer) => {
      received += data.length;
    });
    asking.resume();
    await once(asking, 'end');
    expect(received).toBeGreaterThan(body.length);
    await stopped;
  });
});

import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAuthority } from '../../alertmanager/authority.ts';
import { needs } from '../../needs.ts';
import { sleep } from '../raw-connection.ts';
import { ask, REREAD_MS, serveProtected } from './protected-agent.ts';
import { rewriteInPlace, swapGenerations } from './rewriter.ts';

const ALICE = `basic_auth_users:\n  alice: ${hashSync('secret', 4)}\n`;
const BOTH = `${ALICE}  bob: ${hashSync('word', 4)}\n`;
const TLS = 'tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n';
const CLIENTS = '  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n';
const POLL = { timeout: 5_000, interval: 10 };
/** Many times as long as a file takes to be adopted. */
const SETTLED_MS = 20 * REREAD_MS;

/** How often each status was the answer, until `until` resolves. */
async function statuses(base: string, until: Promise<unknown>, auth?: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  let isDone = false;
  void until.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    const { status } = await ask(`${base}/metrics`, auth === undefined ? {} : { auth });
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

describe('the web configuration of a running agent', () => {
  it('answers nobody without a password while its file is rewritten in place, and everybody with one', async () => {
    const { base, folder } = await serveProtected({ 'web.yml': BOTH });
    const stop = rewriteInPlace(join(folder, 'web.yml'), BOTH);
    const done = sleep(3_000);
    const [anonymous, alice, bob] = await Promise.all([
      statuses(base, done),
      statuses(base, done, 'alice:secret'),
      statuses(base, done, 'bob:word'),
    ]);
    await stop();
    expect(Object.keys(anonymous)).toEqual(['401']);
    expect([Object.keys(alice), Object.keys(bob)]).toEqual([['200'], ['200']]);
  });

  it.each([
    ['is empty', ''],
    ['names no user any more', 'basic_auth_users: {}\n'],
    ['has headers alone', 'http_server_config:\n  headers:\n    X-Frame-Options: deny\n'],
  ])('keeps its passwords when the file %s, and says so once with the remedy', async (_how, text) => {
    const { base, write, lines } = await serveProtected({ 'web.yml': ALICE });
    write('web.yml', text);
    const errors = () => lines.filter(({ level }) => level === 'error');
    await expect.poll(() => errors().length, POLL).toBe(1);
    await sleep(SETTLED_MS);
    expect(errors()).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(
          /^the configuration .* stays in force: .* takes away the last user \(basic_auth_users\)/,
        ),
        fields: { error: expect.objectContaining({ remedy: expect.stringContaining('Restart the agent') }) },
      }),
    ]);
    expect((await ask(`${base}/metrics`)).status).toBe(401);
    expect((await ask(`${base}/metrics`, { auth: 'alice:secret' })).status).toBe(200);
    write('web.yml', ALICE);
    await expect.poll(() => lines.at(-1)?.message, POLL).toMatch(/can be used again/);
  });

  it('lets a user be taken away while another is left, and users be added to none', async () => {
    const { base, write } = await serveProtected({ 'web.yml': '' });
    const statusOf = (auth?: string) => async () => (await ask(`${base}/metrics`, auth ? { auth } : {})).status;
    expect(await statusOf()()).toBe(200);
    write('web.yml', BOTH);
    await expect.poll(statusOf(), POLL).toBe(401);
    expect(await statusOf('bob:word')()).toBe(200);
    write('web.yml', ALICE);
    await expect.poll(statusOf('bob:word'), POLL).toBe(401);
  });

  it('adopts nothing that is still being written', async () => {
    const { base, folder, lines } = await serveProtected({ 'web.yml': ALICE });
    const path = join(folder, 'web.yml');
    for (let i = 0; i < 40; i += 1) {
      writeFileSync(path, i % 2 === 0 ? `${ALICE}  ` : BOTH.slice(0, -9)); // Not YAML, or a user with half a hash.
      await sleep(REREAD_MS / 4);
      truncateSync(path, 0);
      await sleep(REREAD_MS / 4);
    }
    writeFileSync(path, BOTH);
    await expect.poll(async () => (await ask(`${base}/metrics`, { auth: 'bob:word' })).status, POLL).toBe(200);
    expect(lines.filter(({ level }) => level !== 'info')).toEqual([]);
  });

  it('follows a Secret through 599 swaps of its ..data, and lets nobody else in meanwhile', async (context) => {
    needs(context, 'openssl');
    const authority = createAuthority();
    const secret = mkdtempSync(join(tmpdir(), 'conntrack-secret-'));
    onTestFinished(() => rmSync(secret, { recursive: true }));
    const generations = ['..first', '..second'] as const;
    for (const [i, name] of generations.entries()) {
      mkdirSync(join(secret, name));
      const { cert, key } = authority.issue('IP:127.0.0.1');
      const users = `basic_auth_users:\n  alice: ${hashSync('secret', 4)}\n  user-${i}: ${hashSync('own', 4)}\n`;
      for (const [file, text] of Object.entries({ 'web.yml': TLS + users, 'cert.pem': cert, 'key.pem': key }))
        writeFileSync(join(secret, name, file), text);
    }
    symlinkSync(generations[0], join(secret, '..data'));
    const links = ['web.yml', 'cert.pem', 'key.pem'];
    for (const file of links) symlinkSync(join('..data', file), join(secret, file));
    const { port } = await serveProtected({}, {}, {}, join(secret, 'web.yml'));
    const base = `https://127.0.0.1:${port}`;
    const statusOf = async (auth?: string) =>
      (await ask(`${base}/metrics`, { rejectUnauthorized: false, ...(auth !== undefined && { auth }) })).status;
    const seen = new Set<string>();
    let isDone = false;
    const swapping = swapGenerations(secret, 599, generations).finally(() => {
      isDone = true;
    });
    while (!isDone) seen.add(`anonymous ${await statusOf()}`).add(`alice ${await statusOf('alice:secret')}`);
    await swapping;
    expect([...seen]).toEqual(['anonymous 401', 'alice 200']);
    renameOnto(secret, generations[1]);
    await expect.poll(() => statusOf('user-1:own'), POLL).toBe(200);
    expect(await statusOf('user-0:own')).toBe(401);
  });

  it.each([
    ['TLS', '', /takes away TLS \(tls_server_config\)/],
    ['the check of client certificates', TLS, /takes away the check of client certificates \(client_auth_type\)/],
    [
      'the need of a client certificate',
      `${TLS}  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: ca.pem\n`,
      /takes away the check of client certificates/,
    ],
    ['the authorities', 'ca.pem', /client_ca_file holds no certificate/],
    ['the certificate', 'cert.pem', /cert_file holds no certificate/],
    ['the key', 'key.pem', /key_file/],
  ])('keeps %s', async (what, change, expected) => {
    const authority = createAuthority();
    const ca = readFileSync(authority.caFile, 'utf8');
    const { cert, key } = authority.issue('IP:127.0.0.1');
    const files = { 'web.yml': TLS + CLIENTS, 'cert.pem': cert, 'key.pem': key, 'ca.pem': ca };
    const { base, write, lines } = await serveProtected(files);
    if (change.endsWith('.pem')) write(change, '');
    else write('web.yml', change);
    const errors = () => lines.filter(({ level }) => level === 'error').map(({ message }) => message);
    await expect.poll(errors, POLL).toEqual([expect.stringMatching(expected)]);
    await sleep(SETTLED_MS);
    expect((await ask(`${base}/metrics`, { ca, ...authority.issue('DNS:friend') })).status, what).toBe(200);
    await expect(ask(`${base}/metrics`, { ca })).rejects.toThrow();
  });
});

function renameOnto(folder: string, generation: string): void {
  symlinkSync(generation, join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
}

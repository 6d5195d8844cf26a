import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { authoritiesOf, credentialsOf, type SecretFiles, withoutSecrets } from '../../src/alertmanager/secret-files.ts';
import { needs } from '../needs.ts';
import { type Authority, createAuthority, temporaryFolder } from './authority.ts';
import { FAST, startNotifier, until } from './notifications.ts';
import { type Behaviour, Receiver } from './receiver.ts';

function secretFile(text: string): string {
  const path = join(temporaryFolder(), 'secret');
  writeFileSync(path, text);
  return path;
}

/** As some proxies do that were made for debugging. */
const quoteCredentials: Behaviour = (response, { headers }) =>
  void response.writeHead(401).end(`unknown: ${headers.authorization}`);

describe('notifications over HTTPS', () => {
  it('trusts the authority in the file, for the name in the URL', async (context) => {
    needs(context, 'openssl');
    const { caFile, issue } = createAuthority();
    const receiver = await Receiver.start({ tls: issue('DNS:alertmanager.test') });
    const { raise } = startNotifier([receiver.url.replace('127.0.0.1', 'alertmanager.test')], {
      secrets: { caFile },
      lookup: async () => [{ address: '127.0.0.1', family: 4 }],
    });
    raise('table_full');
    await until('the notification', () => receiver.posts.length === 1);
    expect(receiver.accepted).toBe(1);
  });

  it.each([
    ['of nobody it knows', 'IP:127.0.0.1', {}, /certificate/],
    ['for another host', 'IP:127.0.0.2', undefined, /altnames/],
  ])('notifies nobody with a certificate %s', async (_what, host, secrets, reason) => {
    const { caFile, issue } = createAuthority();
    const receiver = await Receiver.start({ tls: issue(host) });
    const { notifier, lines, raise } = startNotifier([receiver.url], { secrets: secrets ?? { caFile } });
    raise('table_full');
    await until('a failure', () => notifier.counts.get('failed') === 2);
    expect(receiver.posts).toEqual([]);
    expect(lines).toMatchObject([{ fields: { error: { message: expect.stringMatching(reason) } } }]);
  });

  it('reads the file again for a new connection', async (context) => {
    needs(context, 'openssl');
    const [old, renewed] = [createAuthority(), createAuthority()];
    const caFile = secretFile(`${'-----BEGIN CERTIFICATE-----'}\nnonsense`);
    const receiver = await Receiver.start({ tls: renewed.issue('IP:127.0.0.1') });
    const { notifier, raise } = startNotifier([receiver.url], { secrets: { caFile } });
    raise('table_full');
    await until('a failure', () => notifier.counts.get('failed') === 1);
    for (const { caFile: source } of [old, renewed]) {
      writeFileSync(caFile, readFileSync(source));
    }
    await until('the notification', () => receiver.posts.length === 1);
  });
});

/** As Alertmanager's web config with client_auth_type: RequireAndVerifyClientCert. */
async function startStrict({ caFile, issue }: Authority, tls: object = {}): Promise<Receiver> {
  const options = { ...issue('IP:127.0.0.1'), ca: readFileSync(caFile), requestCert: true, rejectUnauthorized: true };
  return Receiver.start({ tls: { ...options, ...tls } });
}

function pairFiles({ key, cert }: { key: string; cert: string }) {
  return { certFile: secretFile(cert), keyFile: secretFile(key) };
}

describe('a client certificate', () => {
  it.each([{}, { maxVersion: 'TLSv1.2' as const }])('is shown to a server that requires one %j', async (tls) => {
    const authority = createAuthority();
    const receiver = await startStrict(authority, tls);
    const secrets = { caFile: authority.caFile, ...pairFiles(authority.issue('DNS:agent')) };
    const { notifier } = startNotifier([receiver.url], { secrets });
    await until('a heartbeat', () => receiver.heartbeats >= 1);
    expect(notifier.failing()).toEqual([]);
  });

  it('is named as what is missing, instead of the number of an alert', async () => {
    const authority = createAuthority();
    const receivers = [await startStrict(authority), await startStrict(authority, { maxVersion: 'TLSv1.2' })];
    const { notifier } = startNotifier(
      receivers.map(({ url }) => url),
      { secrets: { caFile: authority.caFile } },
    );
    const isNamed = (text: string) => text.includes('the server requires a client certificate');
    await until('both are named', () => notifier.failing().filter(isNamed).length === 2);
    for (const { problem } of notifier.reports()) expect(problem?.remedy).toContain('--alertmanager.cert-file');
  });

  it('is read again for a new connection; of a pair that does not match the last good one stays, and that is logged', async () => {
    const authority = createAuthority();
    const receiver = await startStrict(authority);
    const [first, second] = [authority.issue('DNS:first'), authority.issue('DNS:second')];
    const files = pairFiles(first);
    const { notifier, lines } = startNotifier([receiver.url], { secrets: { caFile: authority.caFile, ...files } });
    await until('a heartbeat', () => receiver.heartbeats >= 1);
    writeFileSync(files.certFile, second.cert);
    await until('it is logged', () => lines.length === 1);
    expect(lines[0]).toMatchObject({ level: 'warn', message: expect.stringContaining('read before stays in use') });
    const problem = { message: expect.stringContaining('belongs to another certificate') };
    expect(lines[0]?.fields).toMatchObject({ error: problem });
    const { heartbeats } = receiver;
    receiver.closeConnections();
    await until('a heartbeat over a new connection', () => receiver.heartbeats > heartbeats);
    writeFileSync(files.keyFile, second.key);
    await until('it is renewed', () => lines.length === 2);
    expect(lines[1]).toMatchObject({ level: 'info', message: expect.stringContaining('was renewed') });
    expect(notifier.failing()).toEqual([]);
  });

  it.each([
    ['is encrypted', ['-aes256', '-passout', 'pass:x'], /it is encrypted/],
    ['is encrypted in the older format', ['-traditional', '-aes256', '-passout', 'pass:x'], /it is encrypted/],
    ['is a public key', ['-pubout'], /holds no private key/],
  ])('keeps the agent from starting when its key %s', (_what, args, reason) => {
    const pair = createAuthority().issue('DNS:agent');
    const key = execFileSync('openssl', ['pkey', ...args], { input: pair.key, encoding: 'utf8' });
    const start = () => startNotifier([], { secrets: pairFiles({ ...pair, key }) });
    expect(start).toThrow(reason);
  });

  it('keeps the agent from starting when the key is that of another', () => {
    const { issue } = createAuthority();
    const pair = { cert: issue('DNS:a').cert, key: issue('DNS:b').key };
    expect(() => startNotifier([], { secrets: pairFiles(pair) })).toThrow('belongs to another certificate');
  });
});

describe('headers', () => {
  it('go with every request, queries included; those of files are read again when they change', async () => {
    const file = secretFile('k3y\n');
    const receiver = await Receiver.start();
    const queried: unknown[] = [];
    receiver.whenQueried = (response, { headers }) => {
      queried.push(headers['x-scope-orgid']);
      response.writeHead(200).end('[]');
    };
    const secrets = {
      headers: [{ name: 'X-Scope-OrgID', value: 'team-a' }],
      headerFiles: [{ name: 'X-Api-Key', path: file }],
    };
    const { raise } = startNotifier([receiver.url], { secrets });
    raise('table_full');
    await until('the notification', () => receiver.posts.length === 1);
    writeFileSync(file, 'n3w');
    raise('table_nearly_full');
    await until('the resolution', () => queried.length >= 1 && receiver.posts.length >= 3);
    expect(receiver.posts[0]?.headers).toMatchObject({ 'x-scope-orgid': 'team-a', 'x-api-key': 'k3y' });
    expect(receiver.posts.at(-1)?.headers).toMatchObject({ 'x-scope-orgid': 'team-a', 'x-api-key': 'n3w' });
    expect(queried[0]).toBe('team-a');
  });

  it('of files are not in the log, even when a server quotes them', async () => {
    const behaviour: Behaviour = (response, { headers }) =>
      void response.writeHead(401).end(`unknown: ${headers['x-api-key']}`);
    const receiver = await Receiver.start({ behaviour });
    const secrets = { headerFiles: [{ name: 'X-Api-Key', path: secretFile('s3cret') }] };
    const { notifier } = startNotifier([receiver.url], { secrets });
    await until('it refuses', () => notifier.failing().length === 1);
    expect(notifier.failing()[0]).toContain('status 401: unknown: ***');
  });

  it('of files with a second line keep the agent from starting', () => {
    const headerFiles = [{ name: 'X-Api-Key', path: secretFile('s3cret\nHost: x') }];
    expect(() => startNotifier([], { secrets: { headerFiles } })).toThrow('does not hold one line');
  });
});

describe('credentials', () => {
  it.each([
    ['a bearer token', (file: string) => ({ bearerTokenFile: file }), 'Bearer s3cret', 'Bearer n3w'],
    [
      'user and password',
      (file: string) => ({ basicAuth: { username: 'agent', passwordFile: file } }),
      `Basic ${btoa('agent:s3cret')}`,
      `Basic ${btoa('agent:n3w')}`,
    ],
  ])('go with every request: %s, read again when it changes', async (_what, secretsOf, first, second) => {
    const file = secretFile('s3cret\n');
    const receiver = await Receiver.start();
    const { raise } = startNotifier([receiver.url], { secrets: secretsOf(file) });
    raise('table_full');
    await until('the notification', () => receiver.posts.length === 1);
    writeFileSync(file, 'n3w');
    raise('table_full', 'table_nearly_full');
    await until('another notification', () => receiver.posts.length === 2);
    rmSync(file);
    raise('table_full', 'table_nearly_full', 'table_high');
    await until('a notification with the last secret that could be read', () => receiver.posts.length === 3);
    expect(receiver.posts.map(({ headers }) => headers.authorization)).toEqual([first, second, second]);
    expect(receiver.accepted).toBe(1);
  });

  it.each([
    ['bearerTokenFile', (file: string) => ({ bearerTokenFile: file })],
    ['basicAuth', (file: string) => ({ basicAuth: { username: 'agent', passwordFile: file } })],
  ])('are not in the log, even when a server quotes them: %s', async (_what, secretsOf) => {
    const receiver = await Receiver.start({ behaviour: quoteCredentials });
    const { notifier, lines, raise } = startNotifier([receiver.url], { secrets: secretsOf(secretFile('s3cret')) });
    raise('table_full');
    await until('it refuses', () => notifier.counts.get('refused') === 1);
    const log = lines.map(({ fields, message }) => `${message} ${Object.values(fields).join(' ')}`).join('\n');
    expect(log).toContain('status 401: unknown: ');
    for (const secret of ['s3cret', btoa('agent:s3cret')]) expect(log).not.toContain(secret);
  });

  it.each<readonly [string, () => SecretFiles, string]>([
    [
      'basic auth',
      () => ({ basicAuth: { username: 'bob', passwordFile: secretFile('pa ss"w&ord1') } }),
      'pa ss"w&ord1',
    ],
    ['a bearer token', () => ({ bearerTokenFile: secretFile('T0ken<x>') }), 'T0ken<x>'],
    ['a header of a file', () => ({ headerFiles: [{ name: 'X-Auth', path: secretFile('Bearer f1le"') }] }), 'f1le"'],
    ['a header', () => ({ headers: [{ name: 'Proxy-Authorization', value: 'Bearer pl4in' }] }), 'pl4in'],
    [
      'Basic in a header',
      () => ({ headers: [{ name: 'Authorization', value: `Basic ${btoa('u:s3 cret')}` }] }),
      's3 cret',
    ],
  ])('of %s do not show in an answer, as they are or escaped', (_what, secretsOf, secret) => {
    const { secrets: known } = credentialsOf(secretsOf())();
    const html = secret.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
    const url = encodeURIComponent(secret);
    const forms = [
      secret,
      html,
      url,
      url.toLowerCase(),
      secret.toUpperCase(),
      url.replaceAll('%20', '+'),
      new URL(`http://x/${secret}`).pathname.slice(1),
    ];
    for (const form of [...forms, JSON.stringify(secret).slice(1, -1)]) {
      expect(withoutSecrets(known, `bad credentials (${form}), sorry`), form).toBe('bad credentials (***), sorry');
    }
    expect(withoutSecrets(known, 'no such tenant')).toBe('no such tenant');
  });

  it('of a file that can no longer be used stay those that could', () => {
    const [token, value, pem] = [secretFile('t0ken'), secretFile('v4lue'), secretFile('-----BEGIN CERTIFICATE-----')];
    const credentials = credentialsOf({ bearerTokenFile: token, headerFiles: [{ name: 'X-Auth', path: value }] });
    const authorities = authoritiesOf({ caFile: pem });
    const before = [credentials().headers, authorities()];
    writeFileSync(token, 'two words');
    writeFileSync(value, 'two\nlines');
    writeFileSync(pem, 'no certificate');
    expect([credentials().headers, authorities()]).toEqual(before);
    writeFileSync(token, 'n3w');
    expect(credentials().headers).toHaveProperty('authorization', 'Bearer n3w');
  });

  it.each([
    ['is not there', () => join(temporaryFolder(), 'secret'), /Cannot read ".*secret": ENOENT/],
    ['is empty', () => secretFile('\n'), /Cannot use ".*secret": it is empty/],
    ['holds two lines', () => secretFile('s3cret\nx'), /does not hold one word/],
  ])('keep the agent from starting when the file %s', (_what, fileOf, reason) => {
    const start = () => startNotifier([], { secrets: { bearerTokenFile: fileOf() }, timings: FAST });
    expect(start).toThrow(reason);
    expect(start).not.toThrow('s3cret');
  });

  it('keep the agent from starting when the authorities are none', () => {
    expect(() => startNotifier([], { secrets: { caFile: secretFile('s3cret') } })).toThrow(
      'holds no certificate in PEM',
    );
  });
});

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { needs } from '../needs.ts';
import { createAuthority, temporaryFolder } from './authority.ts';
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
      const { readFileSync } = await import('node:fs');
      writeFileSync(caFile, readFileSync(source));
    }
    await until('the notification', () => receiver.posts.length === 1);
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

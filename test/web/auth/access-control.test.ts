import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Listening } from '../server/listening.ts';
import { ask, serveProtected } from './protected-agent.ts';

const users = (password: string) => `basic_auth_users:\n  alice: ${hashSync(password, 4)}\n`;
const HEADERS = 'http_server_config:\n  headers:\n    X-Frame-Options: deny\n';
const POLL = { timeout: 5_000, interval: 10 };
const ROUTES = [
  '/metrics',
  '/-/ready',
  '/api/v1/status',
  '/api/v1/history',
  '/api/v1/stream',
  '/',
  '/nothing',
  '//-/healthy',
  '/-/healthy/',
  '/-/Healthy',
];

describe('authenticated()', () => {
  it('asks a password for everything but the health, and takes the right one', async () => {
    const { base } = await serveProtected({ 'web.yml': users('secret') });
    for (const route of ROUTES) {
      const { status, headers, body } = await ask(base + route);
      expect([route, status, body]).toEqual([route, 401, 'Unauthorized\n']);
      expect(headers['www-authenticate']).toBe('Basic realm="conntrack-agent", charset="UTF-8"');
    }
    for (const auth of ['alice:wrong', 'bob:secret', 'alice:', ':']) {
      expect((await ask(`${base}/metrics`, { auth })).status).toBe(401);
    }
    expect((await ask(`${base}/metrics`, { headers: { authorization: 'Bearer secret' } })).status).toBe(401);
    expect((await ask(`${base}/metrics`, { auth: 'alice:secret' })).status).toBe(200);
    expect((await ask(`${base}/nothing`, { auth: 'alice:secret' })).status).toBe(404);
    expect((await ask(`${base}/-/healthy`)).status).toBe(200);
    expect((await ask(`${base}/-/healthy?verbose`)).status).toBe(200);
  });

  it('sends the headers with every answer, refusals included, and leaves out who we are', async () => {
    const { base } = await serveProtected({ 'web.yml': users('secret') + HEADERS });
    for (const auth of [undefined, 'alice:secret'] as const) {
      const { headers } = await ask(`${base}/metrics`, auth === undefined ? {} : { auth });
      expect(headers).toMatchObject({ 'x-frame-options': 'deny', 'x-content-type-options': 'nosniff' });
      expect(headers).not.toHaveProperty('x-powered-by');
    }
  });

  it('leaves the unix socket to the mode of its file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'conntrack-authentication-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const socketPath = join(folder, 'agent.sock');
    await serveProtected({ 'web.yml': users('secret') }, { socketPath });
    expect((await ask('http://agent/metrics', { socketPath })).status).toBe(200);
  });

  it('answers 503 to guesses beyond its queue, and a known scraper all the while', async () => {
    const { base } = await serveProtected({ 'web.yml': users('secret') });
    expect((await ask(`${base}/metrics`, { auth: 'alice:secret' })).status).toBe(200);
    const guesses = Array.from({ length: 30 }, (_, i) => ask(`${base}/metrics`, { auth: `alice:${i}` }));
    expect((await ask(`${base}/metrics`, { auth: 'alice:secret' })).status).toBe(200);
    const answers = await Promise.all(guesses);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 503]));
    expect(answers.find(({ status }) => status === 503)?.headers['retry-after']).toBe('1');
  });

  it('follows the file, and keeps the last good one while it is broken', async () => {
    const { base, write, lines } = await serveProtected({ 'web.yml': users('old') });
    const statusWith = (password: string) => async () =>
      (await ask(`${base}/metrics`, { auth: `alice:${password}` })).status;
    expect(await statusWith('old')()).toBe(200);
    write('web.yml', users('new'));
    await expect.poll(statusWith('new'), POLL).toBe(200);
    expect(await statusWith('old')()).toBe(401);

    write('web.yml', 'basic_auth_users: 7\nmore: 1\n');
    const errors = () => lines.filter(({ level }) => level === 'error');
    await expect.poll(() => errors().length, POLL).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(errors()).toHaveLength(1);
    expect(errors()[0]?.message).toMatch(
      /^the conf.* stays in force: .*2 mistakes\n {2}basic_auth_users: .*\n {2}more: unknown key$/,
    );
    expect(await statusWith('new')()).toBe(200);
    expect((await ask(`${base}/metrics`)).status).toBe(401);

    write('web.yml', users('newest'));
    await expect.poll(statusWith('newest'), POLL).toBe(200);
  });
});

describe('an answer that is being made when its password is changed', () => {
  it('goes out, so that a renewed password costs no scrape', async () => {
    let make = (): void => undefined;
    const made = new Promise<void>((resolve) => {
      make = resolve;
    });
    let isBeingMade = false;
    const exposition = () => {
      isBeingMade = true;
      return made.then(() => ({ contentType: 'text/plain', body: 'a 1\n' }));
    };
    const { base, write, lines } = await serveProtected({ 'web.yml': users('old') }, {}, { exposition });
    const scraped = ask(`${base}/metrics`, { auth: 'alice:old' });
    await expect.poll(() => isBeingMade, POLL).toBe(true);
    write('web.yml', users('new'));
    await expect.poll(() => lines.at(-1)?.message, POLL).toMatch(/has changed and is in force$/);
    make();
    expect(await scraped).toMatchObject({ status: 200, body: 'a 1\n' });
    expect((await ask(`${base}/metrics`, { auth: 'alice:old' })).status).toBe(401);
  });
});

describe('an event stream behind a password', () => {
  const both = (alice: string, bob: string) => `${users(alice)}  bob: ${hashSync(bob, 4)}\n`;
  const as = (auth: string) => ({ headers: { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } });

  it('ends when its password is changed or its user taken away, and those of others go on', async () => {
    const bob = hashSync('word', 4);
    const { port, write } = await serveProtected({ 'web.yml': `${users('old')}  bob: ${bob}\n` });
    const [alice, other] = [await Listening.open(port, as('alice:old')), await Listening.open(port, as('bob:word'))];
    write('web.yml', `${users('new')}  bob: ${bob}\n`);
    await alice.closed;
    const events = other.events.length;
    await expect.poll(() => other.events.length, POLL).toBeGreaterThan(events);
    write('web.yml', users('new'));
    await other.closed;
  });

  it('ends when the first user is added, since it was given to somebody without a password', async () => {
    const { port, write } = await serveProtected({ 'web.yml': '' });
    const anonymous = await Listening.open(port);
    write('web.yml', both('a', 'b'));
    await anonymous.closed;
  });
});

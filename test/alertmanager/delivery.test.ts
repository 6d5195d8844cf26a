import { describe, expect, it } from 'vitest';
import { type Answer, LateAnswer, type Outcome, outcomeOf } from '../../src/alertmanager/delivery.ts';
import { answerProblem, errorProblem } from '../../src/alertmanager/delivery-problem.ts';
import { createAuthority } from './authority.ts';
import { FAST, startNotifier, until } from './notifications.ts';
import { accept, type Behaviour, Receiver } from './receiver.ts';

const URL_OF = new URL('http://alertmanager:9093/api/v2/alerts');
const answer = (statusCode: number, parts: Partial<Answer> = {}): Answer => ({
  statusCode,
  text: '',
  contentType: undefined,
  location: undefined,
  idleSeconds: undefined,
  dateMs: undefined,
  ...parts,
});

describe('outcomeOf()', () => {
  it.each<readonly [string, Outcome, Answer]>([
    ['an empty body, as Alertmanager 0.25 to 0.33', 'delivered', answer(200)],
    ['a list of alerts', 'delivered', answer(200, { text: '[]', contentType: 'application/json' })],
    ['the answer of API v1', 'delivered', answer(200, { text: '{"status":"success"}\n' })],
    ['202 with JSON, as a relay', 'delivered', answer(202, { text: '{"message":"queued"}' })],
    ['204', 'delivered', answer(204)],
    [
      'a login page',
      'refused',
      answer(200, { text: '<!doctype html><title>Sign in</title>', contentType: 'text/html' }),
    ],
    ['a login page without a type', 'refused', answer(200, { text: '\n<html>' })],
    ['an empty page of HTML', 'refused', answer(200, { contentType: 'text/html; charset=utf-8' })],
    ['a server that says ok to anything', 'refused', answer(200, { text: 'ok\n', contentType: 'text/plain' })],
    ['an error with status 200', 'refused', answer(200, { text: '{"status":"error","error":"no"}' })],
    ['an error without a status', 'refused', answer(200, { text: '{"error":"unauthorized"}' })],
    ['a status in the body', 'refused', answer(200, { text: '{"code":401,"message":"login required"}' })],
    ['a text in JSON', 'refused', answer(200, { text: '"please log in"' })],
    ['nothing in JSON', 'refused', answer(200, { text: 'null' })],
    ['JSON that is cut', 'refused', answer(200, { text: '{"status":' })],
    ['a rate limit', 'failed', answer(429)],
    ['a redirect', 'refused', answer(302)],
  ])('of %s is %s', (_what, outcome, given) => {
    expect(outcomeOf(given)).toBe(outcome);
  });
});

describe('answerProblem()', () => {
  const html = { text: '<html><title>Sign\n in</title>', contentType: 'text/html' };
  it.each<readonly [Answer, RegExp, RegExp]>([
    [
      answer(401, { text: 'no org id\n' }),
      /^status 401: no org id \(credentials or a tenant header/,
      /--alertmanager.header/,
    ],
    [answer(403), /^status 403 \(these credentials/, /^Allow these credentials/],
    [answer(404, { text: '404 page not found' }), /no Alertmanager at this path/, /path prefix/],
    [answer(400, { text: 'Client sent an HTTP request to an HTTPS server.' }), /^status 400/, /https:\/\//],
    [answer(500), /^status 500 \(Alertmanager, or the proxy/, /log/],
    [answer(502), /^status 502 \(the proxy/, /cannot reach/],
    [answer(200, html), /^status 200 with an HTML page "Sign in", which is not an answer of/, /login page/],
    [
      answer(302, { location: 'https://sso.example/login?token=s3cret' }),
      /redirect to https:\/\/sso.example\)$/,
      /proxy/,
    ],
    [
      answer(308, { location: 'https://alertmanager:9443/api/v2/alerts' }),
      /https:\/\/alertmanager:9443/,
      /^Write https/,
    ],
    [answer(301, { location: '/am/api/v2/alerts?x=s3cret' }), /redirect to \/am\/api\/v2\/alerts on/, /path prefix/],
    [answer(302, { location: 'http://[' }), /a redirect to nowhere/, /proxy/],
    [answer(302), /a redirect to nowhere/, /proxy/],
  ])('names what is wrong with %j and what to do', (given, message, remedy) => {
    const problem = answerProblem(given, URL_OF);
    expect(problem.message).toMatch(message);
    expect(problem.remedy).toMatch(remedy);
    expect(problem.message).not.toContain('s3cret');
  });
});

describe('errorProblem()', () => {
  const coded = (code: string, message = 'x') => Object.assign(new Error(message), { code });
  const ssl = (reason: string, alert = 0) =>
    `80CC:error:0A000410:SSL routines:ssl3_read_bytes:${reason}:rec_layer_s3.c:1601:SSL alert number ${alert}\n`;
  it.each<readonly [Error, RegExp, RegExp]>([
    [coded('ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.7:9093'), /^nothing listens there \(connect ECONN/, /^Start/],
    [
      coded('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', ssl('tlsv13 alert certificate required', 116)),
      /^the server requires a client certificate \(tlsv13 alert certificate required\)$/,
      /--alertmanager.cert-file/,
    ],
    [coded('EPROTO', `write EPROTO ${ssl('sslv3 alert handshake failure', 40)}`), /client certificate/, /cert-file/],
    [coded('EPROTO', ssl('sslv3 alert certificate expired', 45)), /^the client certificate has expired/, /^Renew/],
    [coded('EPROTO', ssl('tlsv1 alert unknown ca', 48)), /^the server does not trust the authority/, /^Sign/],
    [coded('SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate'), /not signed by an authority/, /ca-file/],
    [coded('ERR_SSL_WRONG_VERSION_NUMBER', ssl('wrong version number')), /^no TLS is spoken there/, /^Write http:/],
    [coded('HPE_INVALID_CONSTANT', 'Parse Error'), /^no HTTP is spoken there/, /scheme and port/],
    [new LateAnswer(5000), /^no answer within 5 s$/, /full table/],
    [new AggregateError([coded('ECONNREFUSED', 'a'), coded('ECONNREFUSED', 'b')], ''), /\(a; b\)$/, /^Start/],
    [new Error('odd'), /^odd$/, /log/],
  ])('names the cause of %s and what to do', (error, message, remedy) => {
    const problem = errorProblem(error, URL_OF);
    expect(problem.message).toMatch(message);
    expect(problem.remedy).toMatch(remedy);
    expect(problem.message).not.toContain('alert number');
  });
});

const says =
  (status: number): Behaviour =>
  (response) =>
    void response.writeHead(status).end('no\n');
const REFUSALS: readonly (readonly [string, Behaviour, RegExp])[] = [
  ...[401, 403, 404, 500].map((status) => [`status ${status}`, says(status), new RegExp(`^status ${status}`)] as const),
  [
    'a redirect',
    (response) => void response.writeHead(302, { location: 'https://sso.example/' }).end(),
    /sso\.example/,
  ],
  [
    'a login page with status 200',
    (response) =>
      void response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Sign in</title>'),
    /HTML page "Sign in"/,
  ],
  ['no answer', () => undefined, /^no answer within/],
  ['an answer that is cut', (response) => void response.write('x', () => response.socket?.destroy()), /./],
];

describe('an Alertmanager without an alert to post', () => {
  it.each(REFUSALS)(
    'is reported while its answer to each heartbeat is %s, and well after it',
    async (_what, behaviour, message) => {
      const receiver = await Receiver.start({ behaviour });
      const { notifier, lines } = startNotifier([receiver.url]);
      await until('a problem', () => notifier.failing().length === 1);
      const [report] = notifier.reports();
      expect(report).toMatchObject({
        lastPost: { isDelivered: false },
        problem: { message: expect.stringMatching(message) },
      });
      expect(report?.problem?.remedy).not.toBe('');
      await until('two failed heartbeats are counted', () =>
        [...notifier.counts].some(([outcome, count]) => outcome !== 'delivered' && count >= 2),
      );
      receiver.behaviour = accept;
      await until('it is well', () => notifier.failing().length === 0);
      expect(notifier.reports()).toMatchObject([{ lastPost: { isDelivered: true }, failingSeconds: undefined }]);
      expect(lines.map(({ message: text }) => text)).toEqual([
        'Direct alerts cannot be delivered',
        'Direct alerts can be delivered again',
      ]);
      expect(lines[0]?.fields).toMatchObject({ remedy: expect.any(String) });
      expect(notifier.counts.get('delivered')).toBe(0);
    },
  );

  it.each<readonly [string, Behaviour]>([
    ['chunks', (response) => void response.writeHead(200).write('[', () => response.end(']'))],
    ['status 202', (response) => void response.writeHead(202).end()],
    ['a connection that ends', (response) => void response.writeHead(200, { connection: 'close' }).end()],
  ])('is well where it answers with %s', async (_what, behaviour) => {
    const receiver = await Receiver.start({ behaviour });
    const { notifier } = startNotifier([receiver.url]);
    await until('two heartbeats', () => receiver.heartbeats >= 2);
    expect(notifier.reports()).toMatchObject([{ lastPost: { isDelivered: true } }]);
    expect(notifier.failing()).toEqual([]);
  });

  it('is named where another one is well', async () => {
    const [well, ill] = [await Receiver.start(), await Receiver.start({ behaviour: says(401) })];
    const { notifier } = startNotifier([well.url, ill.url]);
    await until('both are known', () => notifier.reports().every(({ lastPost }) => lastPost !== undefined));
    expect(notifier.failing()).toEqual([expect.stringContaining(`${ill.url}: status 401`)]);
  });

  it('is reported where nothing listens, or its certificate is of nobody that is known', async () => {
    const { issue } = createAuthority();
    const secure = await Receiver.start({ tls: issue('IP:127.0.0.1') });
    const shut = await Receiver.start();
    shut.stop();
    const { notifier } = startNotifier([shut.url, secure.url]);
    await until('both fail', () => notifier.failing().length === 2);
    expect(notifier.reports().map(({ problem }) => problem?.message)).toEqual([
      expect.stringMatching(/^nothing listens there/),
      expect.stringMatching(/^the server's certificate is not signed by an authority/),
    ]);
  });

  it('that refused an alert is failing while it takes empty lists, until the alert is not to be posted any more', async () => {
    const receiver = await Receiver.start();
    const timings = { ...FAST, refusedMs: 600_000, keepClearedMs: 300, lifeMs: 300 };
    const { notifier, raise } = startNotifier([receiver.url], { timings });
    receiver.behaviour = (response) => void response.writeHead(receiver.posts.length > 0 ? 400 : 200).end();
    raise('table_full');
    await until('it refuses', () => notifier.counts.get('refused') === 1);
    receiver.behaviour = accept;
    const { heartbeats } = receiver;
    await until('a heartbeat is taken', () => receiver.heartbeats > heartbeats);
    expect(notifier.reports()).toMatchObject([
      { lastPost: { isDelivered: false }, problem: { message: 'status 400' } },
    ]);
    await until('it is well', () => notifier.failing().length === 0);
  });
});

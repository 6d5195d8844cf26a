import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { PATIENT, startNotifier } from './notifications.ts';
import { answer, type Script, ScriptedServer } from './scripted-server.ts';

/** A resend interval of half a second stands for the 30 s of real life, and the rest is in proportion or shorter. */
const TIMINGS = {
  heartbeatMs: 130,
  resendMs: 500,
  lifeMs: 2000,
  handoverMs: 2000,
  keepClearedMs: 15_000,
  requestMs: 150,
  retryFirstMs: 20,
  retryMaxMs: 500,
  refusedMs: 1000,
  lookupMs: 1000,
};
const INTERVALS = 8;
/**
 * Two connections until it is known that they do not last, two for each of the three changes (one asks, one posts), and for each
 * interval one, or a few where requests are lost with their connections or not answered. A loop makes hundreds.
 */
const ALLOWED = 2 + 3 * 2 + 3 * INTERVALS;
const AT_A_TIME = 6;

const CLOSES = 'Alertmanager cannot be relied on while the table is full: it closes connections';

const OK = 'HTTP/1.1 200 OK';

type Ending = (socket: Parameters<Script>[0]) => unknown;

const fin: Script = (socket) => socket.end(answer());

function later(ms: number, end: Ending): Script {
  return (socket) => {
    socket.write(answer());
    setTimeout(() => end(socket), ms);
  };
}

function onSecond(end: Ending): Script {
  return (socket, { nthOfConnection }) => (nthOfConnection === 1 ? socket.write(answer()) : end(socket));
}

function everyThirdLost(): Script {
  let requests = 0;
  return (socket) => {
    requests += 1;
    return requests % 3 === 0 ? socket.resetAndDestroy() : socket.end(answer('HTTP/1.0 200 OK'));
  };
}

/** Each makes the script of one server. */
const WAYS: readonly (readonly [string, () => Script])[] = [
  ['says Connection: close', () => (socket) => socket.end(answer(OK, 'Connection: close'))],
  ['says Connection: close and leaves that to us', () => (socket) => socket.write(answer(OK, 'Connection: close'))],
  ['closes without a word', () => fin],
  ['closes a moment later', () => later(20, (socket) => socket.end())],
  ['resets after the answer', () => later(0, (socket) => socket.resetAndDestroy())],
  ['resets a moment later', () => later(20, (socket) => socket.resetAndDestroy())],
  ['keeps it for 0 s', () => (socket) => socket.end(answer(OK, 'Keep-Alive: timeout=0'))],
  ['says that it keeps it for 0 s', () => (socket) => socket.write(answer(OK, 'Keep-Alive: timeout=0'))],
  ['speaks HTTP/1.0', () => (socket) => socket.end(answer('HTTP/1.0 200 OK'))],
  ['speaks HTTP/1.0 without a length', () => (socket) => socket.end('HTTP/1.0 200 OK\r\n\r\n[]')],
  ['speaks HTTP/1.1 without a length', () => (socket) => socket.end(`${OK}\r\n\r\n[]`)],
  ['resets on the second request', () => onSecond((socket) => socket.resetAndDestroy())],
  ['closes on the second request', () => onSecond((socket) => socket.end())],
  ['does not answer a second request', () => onSecond(() => undefined)],
  ['closes after two answers', () => onSecond((socket) => socket.end(answer(OK, 'Connection: close')))],
  ['refuses and closes', () => (socket) => socket.end(answer('HTTP/1.1 400 Bad Request', 'Connection: close'))],
  ['is unwell and closes', () => (socket) => socket.end(answer('HTTP/1.1 503 Unavailable', 'Connection: close'))],
  ['loses every third request', everyThirdLost],
];

type Cost = { readonly way: string; readonly connections: number; readonly requests: number };

/** Three changes, and then many intervals in which nothing changes. */
async function costOf(way: string, script: Script, keepAlive: boolean): Promise<Cost> {
  const server = await ScriptedServer.start(script);
  const { raise } = startNotifier([server.url], { keepAlive, timings: TIMINGS });
  raise('table_full', 'table_nearly_full');
  await sleep(TIMINGS.resendMs);
  raise('table_nearly_full'); // One that is raised beside one that has cleared, and then another one.
  await sleep(TIMINGS.resendMs);
  for (let interval = 2; interval < INTERVALS; interval += 1) {
    raise('table_nearly_full', 'table_high');
    await sleep(TIMINGS.resendMs);
  }
  return { way, connections: server.connections, requests: server.requests.length };
}

describe('a connection that does not last, however it ends', () => {
  it.each([
    ['that is to be kept open', true],
    ['of a post that hangs up by itself', false],
  ])('costs about one in each interval: one %s', { timeout: 60_000 }, async (_which, keepAlive) => {
    const costs: Cost[] = [];
    for (let from = 0; from < WAYS.length; from += AT_A_TIME) {
      const ways = WAYS.slice(from, from + AT_A_TIME);
      costs.push(...(await Promise.all(ways.map(([way, script]) => costOf(way, script(), keepAlive)))));
    }
    expect(costs.filter(({ connections }) => connections > ALLOWED)).toEqual([]);
    expect(costs.filter(({ requests }) => requests > 2 * ALLOWED)).toEqual([]);
  });
});

describe('the report on a connection', () => {
  it('has its age and where it leads while it is kept', async () => {
    const server = await ScriptedServer.start((socket) => socket.write(answer()));
    const { notifier } = startNotifier([server.url], { timings: TIMINGS });
    expect(notifier.reports()).toMatchObject([{ isConnected: false, ageSeconds: undefined, address: undefined }]);
    const report = await vi.waitUntil(() => notifier.reports().find(({ isConnected }) => isConnected), PATIENT);
    expect(report).toMatchObject({ problem: undefined, address: new URL(server.url).host });
    expect(report.url).toBe(server.url.replace(/\/$/, ''));
    await expect.poll(() => notifier.reports()[0]!.ageSeconds, PATIENT).toBeGreaterThan(report.ageSeconds! + 0.1);
  });

  it('says that the server closes it sooner than the heartbeat, after how long, and what to do', async () => {
    const server = await ScriptedServer.start(later(60, (socket) => socket.end()));
    const { notifier } = startNotifier([server.url], { timings: TIMINGS });
    const { problem } = await vi.waitUntil(() => notifier.reports().find((report) => report.problem), PATIENT);
    expect(problem).toEqual({
      message: 'It closes connections after each answer',
      remedy: expect.stringContaining('keep idle connections open for 10 s or longer'),
    });
  });

  it('says that none is kept where that is turned off', async () => {
    const server = await ScriptedServer.start((socket) => socket.write(answer()));
    const { notifier } = startNotifier([server.url], { timings: TIMINGS, keepAlive: false });
    expect(notifier.reports()[0]!.problem?.message).toContain('Each alert opens a connection');
  });
});

describe('an Alertmanager that closes each connection', () => {
  it('is told of once, with what to do, however long it goes on', async () => {
    const server = await ScriptedServer.start(fin);
    const { raise, lines } = startNotifier([server.url], { timings: TIMINGS });
    raise('table_full');
    await expect.poll(() => server.posts, PATIENT).toBeGreaterThanOrEqual(5);
    expect(lines).toMatchObject([
      { level: 'warn', message: CLOSES, fields: { alertmanager: expect.any(String), remedy: expect.any(String) } },
    ]);
  });

  it('is not told of when no connection is to be kept', async () => {
    const server = await ScriptedServer.start(fin);
    const { raise, lines } = startNotifier([server.url], { keepAlive: false, timings: TIMINGS });
    raise('table_full');
    await expect.poll(() => server.posts, PATIENT).toBeGreaterThanOrEqual(4);
    expect(lines).toEqual([]);
  });

  it('gets each new state at once', async () => {
    const timings = { ...TIMINGS, resendMs: 600_000, retryFirstMs: 1, retryMaxMs: 600_000 };
    const server = await ScriptedServer.start(fin);
    const { raise, lines } = startNotifier([server.url], { timings });
    await expect.poll(() => lines, PATIENT).toHaveLength(1);
    raise('table_full');
    await expect.poll(() => server.posts, PATIENT).toBe(1);
    raise('table_full', 'table_nearly_full');
    await expect.poll(() => server.posts, PATIENT).toBeGreaterThanOrEqual(2);
    raise('table_nearly_full');
    await expect.poll(() => server.posts, PATIENT).toBeGreaterThanOrEqual(3);
    await sleep(300);
    // One by which it asks who else keeps the alert, and one in case that ends while the other request is written to it.
    expect(server.connections).toBeLessThanOrEqual(2 + 2 + 2);
  });

  it('gets nothing again for as many reports of the same state as there may be', async () => {
    const server = await ScriptedServer.start(fin);
    const { raise, lines } = startNotifier([server.url], { timings: { ...TIMINGS, resendMs: 600_000 } });
    await expect.poll(() => lines, PATIENT).toHaveLength(1);
    raise('table_full');
    await expect.poll(() => server.posts, PATIENT).toBe(1);
    for (let reports = 0; reports < 50; reports += 1) {
      raise('table_full');
      await sleep(2);
    }
    expect(server.posts).toBe(1);
  });

  it('is trusted again when a connection lasts, and says so', async () => {
    const server = await ScriptedServer.start(fin);
    const { lines } = startNotifier([server.url], { timings: TIMINGS });
    await expect.poll(() => lines, PATIENT).toHaveLength(1);
    server.script = (socket) => void socket.write(answer());
    await expect.poll(() => lines, PATIENT).toHaveLength(2);
    expect(lines[1]).toMatchObject({ level: 'info', message: 'Alertmanager keeps connections open again' });
    const { connections } = server;
    await sleep(3 * TIMINGS.resendMs);
    expect(server.connections).toBe(connections);
  });
});

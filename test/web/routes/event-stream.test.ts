import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { AgentView } from '../../../src/web/routes/agent-view.ts';
import { streamRoute } from '../../../src/web/routes/api-routes.ts';
import { EventStream, STREAM_LIMITS, type StreamLimits } from '../../../src/web/routes/event-stream.ts';
import { collectedLog } from '../collected-log.ts';
import { STATUS } from '../sample-status.ts';
import { Listening } from '../server/listening.ts';
import { HISTORY, serve, WELL } from '../serving.ts';

const FAST = { ...STREAM_LIMITS, everyMs: 20 };

/** A stream alone on a port, faster than the agent's. */
async function stream(view: Partial<AgentView> = {}, limits: Partial<StreamLimits> = {}) {
  const { log, lines } = collectedLog();
  const events = new EventStream({ ...WELL, ...view }, log, { ...FAST, ...limits });
  const route = streamRoute(events);
  const server: Server = createServer((req, res) => route(req, res)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { events, lines, port: (server.address() as AddressInfo).port };
}

const until = (look: () => boolean) => expect.poll(look, { timeout: 10_000, interval: 10 }).toBe(true);

describe('EventStream', () => {
  it('begins with all the history and the status, and goes on with both, each event with the next number', async () => {
    const { port } = await stream();
    const client = await Listening.open(port);
    expect(client.answer.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    await until(() => client.events.length >= 9);
    const [first, second, third, ...rest] = client.events;
    expect([first!.name, JSON.parse(first!.data)]).toEqual(['history', HISTORY]);
    expect([second!.name, third!.name, JSON.parse(third!.data)]).toEqual(['seconds', 'status', STATUS]);
    expect(rest.slice(0, 4).map(({ name }) => name)).toEqual(['seconds', 'status', 'seconds', 'status']);
    const numbers = client.events.filter(({ name }) => name === 'status').map(({ id }) => Number(id));
    expect(numbers.map((number, i) => number - i)).toEqual(numbers.map(() => numbers[0]));
  });

  it('asks nothing of the agent while nobody listens, before and after', async () => {
    const status = vi.fn(() => STATUS);
    const { port, events } = await stream({ status });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(status).not.toHaveBeenCalled();
    const client = await Listening.open(port);
    await until(() => status.mock.calls.length > 3);
    client.close();
    await until(() => events.clients === 0);
    status.mockClear();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(status).not.toHaveBeenCalled();
  });

  it('asks the agent once for all who listen', async () => {
    const status = vi.fn(() => STATUS);
    const { port } = await stream({ status });
    const clients = await Promise.all(Array.from({ length: 10 }, () => Listening.open(port)));
    const before = { asked: status.mock.calls.length, events: clients[0]!.events.length };
    await until(() => clients.every(({ events }) => events.length > before.events + 10));
    const sent = clients[0]!.events.filter(({ name }) => name === 'status').length;
    expect(status.mock.calls.length - before.asked).toBeLessThan(2 * sent);
  });

  it('takes so many of one origin and so many in all, and tells the rest to come again', async () => {
    const { port, events } = await stream({}, { perOrigin: 3 });
    const clients = await Promise.all(Array.from({ length: 5 }, () => Listening.open(port)));
    const refused = clients.filter(({ answer }) => answer.statusCode === 503);
    expect([events.clients, refused.length, refused[0]?.answer.headers['retry-after']]).toEqual([3, 2, '5']);
    clients.find(({ answer }) => answer.statusCode === 200)?.close();
    await until(() => events.clients === 2);
    expect((await Listening.open(port)).answer.statusCode).toBe(200);
  });

  it('drops a client that reads nothing, having kept no event for it, and goes on with the others', async () => {
    const big = { ...STATUS, node: 'x'.repeat(200_000) };
    const { port, events } = await stream({ status: () => big });
    const reader = await Listening.open(port);
    const sleeper = await Listening.open(port, { isReading: false });
    expect(events.clients).toBe(2);
    await until(() => events.clients === 1);
    const seen = reader.events.length;
    await until(() => reader.events.length > seen + 4);
    sleeper.close();
  });

  it('ends all streams when the status cannot be made, and tells the log why', async () => {
    let isBroken = false;
    const { port, lines } = await stream({
      status() {
        if (isBroken) throw new Error('no reading');
        return STATUS;
      },
    });
    const client = await Listening.open(port);
    isBroken = true;
    await client.closed;
    expect(lines.at(-1)).toMatchObject({ level: 'error', message: expect.stringContaining('no reading') });
  });

  it('answers HEAD with its headers and counts nobody', async () => {
    const { port, events } = await stream();
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/stream`, { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-type'), events.clients]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
      0,
    ]);
  });
});

describe('/api/v1/stream on the agent', () => {
  it('ends at once when the agent stops, and does not hold it up', async () => {
    const serving = await serve({}, { stopMs: 60_000 });
    const clients = await Promise.all(Array.from({ length: 20 }, () => Listening.open(serving.port)));
    await serving.stop(); // Would wait a minute for a stream that does not end.
    await Promise.all(clients.map(({ closed }) => closed));
    expect(clients.every(({ isClosed }) => isClosed)).toBe(true);
  });

  it('is never closed for a flood of connections that ask once and stay', async () => {
    const serving = await serve();
    const client = await Listening.open(serving.port);
    const asked = Array.from({ length: 200 }, () => fetch(`${serving.base}/-/healthy`).then((answer) => answer.text()));
    const answers = await Promise.allSettled(asked); // Some are closed: the flood pays for itself.
    expect(answers.some(({ status }) => status === 'fulfilled')).toBe(true);
    const seen = client.events.length;
    await until(() => client.events.length > seen);
    expect(client.isClosed).toBe(false);
  });

  it('outlives the time a stalled client is given, since it is never still', async () => {
    const serving = await serve(
      {},
      { limits: { stalledMs: 1500, headersMs: 1500, requestMs: 1500, checkEveryMs: 100 } },
    );
    const client = await Listening.open(serving.port);
    await until(() => client.events.filter(({ name }) => name === 'status').length >= 5);
    expect(client.isClosed).toBe(false);
  });
});

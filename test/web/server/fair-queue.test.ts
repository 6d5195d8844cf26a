import { describe, expect, it } from 'vitest';
import { AnswerTurns } from '../../../src/web/server/fair-queue.ts';
import { RawConnection } from '../raw-connection.ts';
import { STATUS } from '../sample-status.ts';
import { serve } from '../serving.ts';

const LOOPBACK = '127.0.0.1';
const own = (address: string | undefined) => address ?? 'socket';

/** As long as the answer of a route takes that has much to reckon. */
function work(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}

/** The flows of one agent, which nobody caches, each of them long in the making. */
function slowFlows() {
  const made = { count: 0 };
  const flows = () => {
    made.count += 1;
    work(5);
    return { state: 'off', error: 'off' } as const;
  };
  return { made, flows };
}

/** Connections that the agent has accepted, which the kernel alone does not tell. */
async function crowd(port: number, localAddress: string, length: number): Promise<RawConnection[]> {
  const open = () => RawConnection.open({ port, host: LOOPBACK, localAddress });
  const clients = await Promise.all(Array.from({ length }, open));
  await Promise.all(clients.map((client) => client.get('/-/healthy')));
  return clients;
}

describe('AnswerTurns', () => {
  it('answers each client in its turn, however many requests of one are waiting', async () => {
    const turns = new AnswerTurns();
    const answered: string[] = [];
    const done = new Promise<void>((resolve) => {
      for (const request of ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1']) {
        turns.add(request[0]!, () => {
          answered.push(request);
          if (answered.length === 7) resolve();
        });
      }
    });
    await done;
    expect(answered).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
  });

  it('lets the event loop take its turn between two answers', async () => {
    const turns = new AnswerTurns();
    const seen: string[] = [];
    await new Promise<void>((resolve) => {
      for (const name of ['first', 'second']) {
        turns.add('a', () => {
          seen.push(name);
          if (name === 'second') return resolve();
          setTimeout(() => seen.push('timer'), 1);
          work(3);
        });
      }
    });
    expect(seen).toEqual(['first', 'timer', 'second']);
  });

  it('forgets a request whose client is gone', async () => {
    const turns = new AnswerTurns();
    const answered: string[] = [];
    const takeBack = turns.add('a', () => answered.push('gone'));
    const done = new Promise<void>((resolve) => {
      turns.add('a', () => answered.push('here'));
      turns.add('b', resolve);
    });
    takeBack();
    await done;
    takeBack();
    expect(answered).toEqual(['here']);
  });

  it('goes on after an answer that fails', async () => {
    const turns = new AnswerTurns();
    const failure = new Promise((resolve) => process.once('uncaughtException', resolve));
    const listeners = process.listeners('uncaughtException');
    for (const listener of listeners.slice(0, -1)) process.off('uncaughtException', listener);
    turns.add('a', () => {
      throw new Error('broken');
    });
    const answered = new Promise<string>((resolve) => turns.add('a', () => resolve('answered')));
    expect(await failure).toMatchObject({ message: 'broken' });
    for (const listener of listeners.slice(0, -1)) process.on('uncaughtException', listener);
    expect(await answered).toBe('answered');
  });
});

describe('an agent that many ask at once', () => {
  it('takes a due sample between two answers', async () => {
    const { made, flows } = slowFlows();
    const { port } = await serve({ flows });
    const clients = await crowd(port, LOOPBACK, 40);
    let samples = 0;
    const sampler = setInterval(() => {
      if (made.count > 0 && made.count < 40) samples += 1;
    }, 10);
    await Promise.all(clients.map((client) => client.get('/api/v1/flows')));
    clearInterval(sampler);
    expect(samples).toBeGreaterThan(5);
  });

  it('accepts and answers a newcomer of another address before it has answered everybody', async () => {
    const { made, flows } = slowFlows();
    const { port } = await serve({ flows }, { originOf: own });
    const clients = await crowd(port, '127.0.0.2', 60);
    const all = Promise.all(clients.map((client) => client.get('/api/v1/flows')));
    const newcomer = await RawConnection.open({ port, host: LOOPBACK, localAddress: '127.0.0.3' });
    expect(await newcomer.get('/-/healthy')).toBe(200);
    expect(made.count).toBeLessThan(40);
    await all;
  });

  it('makes status, page and history once for all who ask within a moment, and metrics for each', async () => {
    const made = { status: 0, history: 0, metrics: 0 };
    const { port } = await serve({
      status: () => {
        made.status += 1;
        return STATUS;
      },
      exposition: async () => {
        made.metrics += 1;
        return { contentType: 'text/plain', body: 'up 1\n' };
      },
    });
    const clients = await crowd(port, LOOPBACK, 50);
    const ask = (path: string) => Promise.all(clients.map((client) => client.get(path)));
    for (const path of ['/', '/api/v1/status', '/metrics']) expect(new Set(await ask(path))).toEqual(new Set([200]));
    // One for the page, one for the status; more where this machine is slow, but never one for each.
    expect(made.status).toBeLessThan(50);
    expect(made.metrics).toBe(50);
  });
});

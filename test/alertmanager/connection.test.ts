import { describe, expect, it, vi } from 'vitest';
import { FAST, PATIENT, startNotifier } from './notifications.ts';
import { accept, Receiver } from './receiver.ts';

const heartbeats = (receiver: Receiver, count: number) =>
  expect.poll(() => receiver.heartbeats, PATIENT).toBeGreaterThanOrEqual(count);

describe('the connection kept open', () => {
  it('is opened at the start and carries every notification', async () => {
    const receiver = await Receiver.start();
    const { notifier, raise } = startNotifier([receiver.url]);
    await heartbeats(receiver, 2);
    for (let sent = 1; sent <= 20; sent++) {
      raise(...(sent % 2 === 1 ? (['table_full'] as const) : []));
      await expect.poll(() => notifier.counts.get('delivered'), PATIENT).toBe(sent);
    }
    expect(receiver.accepted).toBe(1);
  });

  it('lets a notification out while no new connection can be made', async () => {
    const receiver = await Receiver.start();
    const { raise } = startNotifier([receiver.url]);
    await heartbeats(receiver, 2);
    receiver.stopListening();
    raise('table_full');
    await expect.poll(() => receiver.posts, PATIENT).toHaveLength(1);
  });

  it('is what the notification above left by: without it none does', async () => {
    const receiver = await Receiver.start();
    const { notifier, raise } = startNotifier([receiver.url], { keepAlive: false });
    receiver.stopListening();
    raise('table_full');
    await expect.poll(() => notifier.counts.get('failed') ?? 0, PATIENT).toBeGreaterThanOrEqual(3);
    expect(receiver.posts).toEqual([]);
    await receiver.listen();
    await expect.poll(() => notifier.counts.get('delivered'), PATIENT).toBe(1);
    await expect.poll(() => receiver.open.size, PATIENT).toBe(0);
  });

  it('is opened again when it breaks, without waiting for a notification', async () => {
    const receiver = await Receiver.start();
    const { lines } = startNotifier([receiver.url]);
    await heartbeats(receiver, 2);
    receiver.closeConnections();
    await expect.poll(() => receiver.accepted, PATIENT).toBe(2);
    await heartbeats(receiver, receiver.heartbeats + 2);
    expect(receiver.open.size).toBe(1);
    expect(lines).toEqual([]);
  });

  it('may break in the moment a notification is written to it, which then goes over the next', async () => {
    const receiver = await Receiver.start();
    const { notifier, lines, raise } = startNotifier([receiver.url]);
    await heartbeats(receiver, 2);
    receiver.behaviour = (_response, { socket }) => {
      receiver.behaviour = accept;
      socket.destroy();
    };
    raise('table_full');
    await expect.poll(() => notifier.counts.get('delivered'), PATIENT).toBe(1);
    expect(notifier.counts.get('failed')).toBe(0);
    expect(lines).toEqual([]);
  });

  it('is not opened in a frenzy to a server that closes it after each answer', async () => {
    const receiver = await Receiver.start({
      behaviour(response, { socket }) {
        response.end(() => socket.destroy());
      },
    });
    startNotifier([receiver.url], { timings: { ...FAST, retryMaxMs: 600_000 } });
    await expect.poll(() => receiver.accepted, PATIENT).toBeGreaterThanOrEqual(3);
    const from = performance.now();
    await expect.poll(() => receiver.accepted, PATIENT).toBeGreaterThanOrEqual(6);
    // 80 + 160 + 320 ms, of which chance takes nothing here.
    expect(performance.now() - from).toBeGreaterThan(300);
  });

  it('uses it more often than the server says it would close it', async () => {
    const receiver = await Receiver.start({
      behaviour: (response) => void response.writeHead(200, { 'keep-alive': 'timeout=2' }).end(),
    });
    startNotifier([receiver.url], { timings: { ...FAST, heartbeatMs: 600_000 } });
    await heartbeats(receiver, 3);
    expect(receiver.accepted).toBe(1);
  });

  it('is kept while it owes an answer and no other can be had: slow is not dead', async () => {
    const receiver = await Receiver.start();
    const { notifier, raise } = startNotifier([receiver.url]);
    await heartbeats(receiver, 2);
    receiver.stopListening();
    receiver.behaviour = (response) => void setTimeout(() => response.end(), 2 * FAST.requestMs);
    raise('table_full');
    await expect.poll(() => notifier.counts.get('timed_out'), PATIENT).toBe(1);
    await expect.poll(() => notifier.counts.get('failed') ?? 0, PATIENT).toBeGreaterThanOrEqual(1);
    receiver.behaviour = (response) => void response.end();
    await expect.poll(() => notifier.counts.get('delivered'), PATIENT).toBe(1);
    expect(receiver.accepted).toBe(1);
  });

  it('is replaced when it is dead and another can be had', async () => {
    const receiver = await Receiver.start();
    const { notifier, raise } = startNotifier([receiver.url]);
    await heartbeats(receiver, 2);
    const [dead] = receiver.open;
    dead!.pause();
    raise('table_full');
    await expect.poll(() => receiver.posts, PATIENT).toHaveLength(1);
    expect(notifier.counts.get('timed_out')).toBe(1);
    expect(receiver.accepted).toBe(2);
    dead!.resume();
    await vi.waitUntil(() => dead!.destroyed, PATIENT);
  });
});

describe('name lookups', () => {
  it('are made in quiet times and not while an alarm fires', async () => {
    const receiver = await Receiver.start();
    let lookups = 0;
    const { notifier, raise } = startNotifier([receiver.url.replace('127.0.0.1', 'alertmanager.test')], {
      lookup: async (name) => {
        lookups += 1;
        if (name !== 'alertmanager.test') throw new Error(`asked for ${name}`);
        return [{ address: '127.0.0.1', family: 4 }];
      },
      timings: { ...FAST, resendMs: 60 },
    });
    await expect.poll(() => lookups, PATIENT).toBeGreaterThanOrEqual(3);
    raise('table_full');
    const before = lookups;
    await expect.poll(() => notifier.counts.get('delivered') ?? 0, PATIENT).toBeGreaterThanOrEqual(4);
    expect(lookups).toBe(before);
    expect(receiver.posts[0]?.headers.host).toMatch(/^alertmanager\.test:\d+$/);
  });

  it('may fail once an address is known', async () => {
    const receiver = await Receiver.start();
    let isDown = false;
    const { raise, lines } = startNotifier([receiver.url.replace('127.0.0.1', 'alertmanager.test')], {
      lookup: async () => {
        if (isDown) throw new Error('no answer from the resolver');
        return [{ address: '127.0.0.1', family: 4 }];
      },
    });
    await heartbeats(receiver, 1);
    isDown = true;
    receiver.closeConnections();
    raise('table_full');
    await expect.poll(() => receiver.posts.length, PATIENT).toBeGreaterThanOrEqual(1);
    expect(lines).toEqual([]);
  });

  it('are tried until they succeed, and told once', async () => {
    const receiver = await Receiver.start();
    let left = 3;
    const { raise, lines } = startNotifier([receiver.url.replace('127.0.0.1', 'alertmanager.test')], {
      lookup: async () => {
        if (left-- > 0) throw new Error('no such name');
        return [{ address: '127.0.0.1', family: 4 }];
      },
    });
    raise('table_full');
    await expect.poll(() => receiver.posts.length, PATIENT).toBeGreaterThanOrEqual(1);
    await expect.poll(() => lines, PATIENT).toHaveLength(2);
    expect(lines[0]?.fields).toMatchObject({ outcome: 'failed', error: new Error('no such name') });
    expect(left).toBeLessThan(0);
  });

  it('that hang do not hang the notifier', async () => {
    const { notifier, raise } = startNotifier(['http://alertmanager.test:1'], {
      lookup: () => new Promise(() => undefined),
    });
    raise('table_full');
    await expect.poll(() => notifier.counts.get('timed_out') ?? 0, PATIENT).toBeGreaterThanOrEqual(2);
  });
});

import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Outcome } from '../../src/alertmanager/delivery.ts';
import { FAST, PATIENT, startNotifier } from './notifications.ts';
import { accept, type Behaviour, Receiver } from './receiver.ts';

const CASES: readonly (readonly [string, Outcome, Behaviour])[] = [
  ['says 500', 'failed', (response) => void response.writeHead(500).end('oh no')],
  ['says 503', 'failed', (response) => void response.writeHead(503).end()],
  ['says 429', 'failed', (response) => void response.writeHead(429).end()],
  ['says 400', 'refused', (response) => void response.writeHead(400).end('bad labels\nand more')],
  ['says 401', 'refused', (response) => void response.writeHead(401).end()],
  ['points elsewhere', 'refused', (response) => void response.writeHead(302, { location: '/login' }).end()],
  ['never answers', 'timed_out', () => undefined],
  ['drips its answer', 'timed_out', (response) => drip(response.writeHead(200))],
  ['does not stop talking', 'failed', (response) => void response.writeHead(200).end('x'.repeat(200_000))],
  ['hangs up', 'failed', (response) => void response.socket?.destroy()],
  [
    'hangs up in the middle',
    'failed',
    (response) => void response.writeHead(200).write('x', () => response.socket?.destroy()),
  ],
  ['talks garbage', 'failed', (response) => void response.socket?.end('SSH-2.0-OpenSSH_9.2p1\r\n')],
];

function drip(response: Parameters<Behaviour>[0]): void {
  const timer = setInterval(() => response.write('x'), 20);
  response.once('close', () => clearInterval(timer));
}

describe('an Alertmanager that', () => {
  it.each(CASES)('%s is counted and told of once, and notified when it is well', async (_what, outcome, behaviour) => {
    const receiver = await Receiver.start({ behaviour });
    const { notifier, lines, raise } = startNotifier([receiver.url]);
    raise('table_full');
    await expect.poll(() => notifier.counts.get(outcome) ?? 0, PATIENT).toBeGreaterThanOrEqual(2);
    expect(lines).toMatchObject([{ level: 'warn', message: 'Direct alerts cannot be delivered', fields: { outcome } }]);
    raise('table_nearly_full');
    receiver.behaviour = accept;
    await expect.poll(() => notifier.counts.get('delivered'), PATIENT).toBe(2);
    await expect.poll(() => lines, PATIENT).toHaveLength(2);
    expect(lines[1]).toMatchObject({ level: 'info', message: 'Direct alerts can be delivered again' });
    const [full, nearlyFull] = ['ConntrackTableFull', 'ConntrackTableNearlyFull'].map((name) =>
      receiver.latest.get(name),
    );
    expect(Date.parse(full!.endsAt)).toBeLessThanOrEqual(Date.now());
    expect(Date.parse(nearlyFull!.endsAt)).toBeGreaterThan(Date.now());
  });

  it('says why it refuses is quoted in the log by its first line', async () => {
    const receiver = await Receiver.start({
      behaviour: (response) => void response.writeHead(400).end('bad labels\nand more'),
    });
    const { lines, raise } = startNotifier([receiver.url]);
    raise('table_full');
    await expect.poll(() => lines, PATIENT).toHaveLength(1);
    expect(lines[0]?.fields).toMatchObject({
      alertmanager: `${receiver.url}/api/v2/alerts`,
      error: new Error('status 400: bad labels'),
    });
  });

  it('refuses alerts but takes empty lists is not called accepting, and asked again only slowly', async () => {
    const receiver = await Receiver.start();
    const { notifier, lines, raise } = startNotifier([receiver.url], { timings: { ...FAST, refusedMs: 600_000 } });
    receiver.behaviour = (response) => void response.writeHead(receiver.posts.length > 0 ? 400 : 200).end();
    raise('table_full');
    await expect.poll(() => notifier.counts.get('refused'), PATIENT).toBe(1);
    receiver.behaviour = accept;
    const { heartbeats } = receiver;
    await expect.poll(() => receiver.heartbeats, PATIENT).toBeGreaterThanOrEqual(heartbeats + 5);
    expect(receiver.posts).toHaveLength(1);
    expect(lines.map(({ level }) => level)).toEqual(['warn']);
    raise('table_full', 'table_nearly_full');
    await expect.poll(() => notifier.counts.get('delivered'), PATIENT).toBe(1);
  });

  it('was out of reach for many changes learns the newest state only', async () => {
    const receiver = await Receiver.start({ behaviour: (response) => void response.writeHead(503).end() });
    const { notifier, raise } = startNotifier([receiver.url]);
    for (let changes = 0; changes < 500; changes++) raise(changes % 2 === 0 ? 'table_full' : 'table_high');
    await expect.poll(() => receiver.posts.length, PATIENT).toBeGreaterThanOrEqual(2);
    receiver.behaviour = accept;
    receiver.posts.length = 0;
    await expect.poll(() => notifier.counts.get('delivered'), PATIENT).toBe(2);
    expect(
      receiver.posts.map(({ alerts }) =>
        alerts.map(({ labels, endsAt }) => [labels['alertname'], Date.parse(endsAt) > Date.now()]),
      ),
    ).toEqual([[['ConntrackTableHigh', true]], [['ConntrackTableFull', false]]]);
  });

  it.each(['http', 'https'])(
    'accepts connections of %s and never answers, a handshake neither, holds two of them at most',
    async (scheme) => {
      const open = new Set<Socket>();
      let most = 0;
      const server = createServer((socket) => {
        open.add(socket);
        most = Math.max(most, open.size);
        socket
          .on('error', () => undefined)
          .once('close', () => open.delete(socket))
          .resume();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => {
        server.close();
        for (const socket of open) socket.destroy();
      });
      const { notifier, raise } = startNotifier([`${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`]);
      raise('table_full');
      await expect.poll(() => notifier.counts.get('timed_out') ?? 0, PATIENT).toBeGreaterThanOrEqual(5);
      expect(most).toBeLessThanOrEqual(2);
    },
  );
});

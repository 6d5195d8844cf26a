import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { FAST, PATIENT, startNotifier } from './notifications.ts';
import { type Behaviour, Receiver } from './receiver.ts';

const SLOW_HEARTBEATS = { ...FAST, heartbeatMs: 600_000, refusedMs: 600_000 };
const LABELS = { alertname: 'ConntrackTableFull', node: 'node-1', severity: 'critical' };

const list =
  (...alerts: readonly object[]): Behaviour =>
  (response) =>
    void response.end(JSON.stringify(alerts));

const UNANSWERED: readonly (readonly [string, Behaviour])[] = [
  ['says 500', (response) => void response.writeHead(500).end('oh no')],
  ['says 404', (response) => void response.writeHead(404).end()],
  ['answers garbage', (response) => void response.end('<html>')],
  ['answers nothing', (response) => void response.end()],
  ['answers something else', (response) => void response.end('{"status":"success"}')],
  ['answers a list of something else', list({ endsAt: '2999-01-01T00:00:00Z' })],
  ['answers alerts without an end', list({ labels: LABELS })],
  ['does not stop talking', (response) => void response.end('x'.repeat(200_000))],
  ['never answers', () => undefined],
  ['hangs up', (response) => void response.socket?.destroy()],
];

async function raised(receiver: Receiver, timings = SLOW_HEARTBEATS) {
  const parts = startNotifier([receiver.url], { timings });
  parts.raise('table_full');
  await expect.poll(() => parts.notifier.counts.get('delivered') ?? 0, PATIENT).toBeGreaterThanOrEqual(1);
  const claimed = Date.parse(receiver.posts[0]!.alerts[0]!.endsAt);
  return { ...parts, claimed };
}

const isResolved = (receiver: Receiver, alertname = LABELS.alertname) =>
  Date.parse(receiver.latest.get(alertname)?.endsAt ?? '') <= Date.now();

describe('before it resolves, the notifier asks who else keeps the alert', () => {
  it('over the connection that it has, for nothing but its own, muted or not', async () => {
    const receiver = await Receiver.start();
    const { raise } = await raised(receiver);
    raise();
    await vi.waitUntil(() => isResolved(receiver), PATIENT);
    expect(receiver.queries).toHaveLength(1);
    const url = new URL(receiver.queries[0]!, receiver.url);
    expect(url.pathname).toBe('/api/v2/alerts');
    expect(url.searchParams.getAll('filter')).toEqual([
      'node="node-1"',
      'severity="critical"',
      'alertname=~"ConntrackTableFull"',
    ]);
    for (const name of ['active', 'silenced', 'inhibited', 'unprocessed'])
      expect(url.searchParams.get(name)).toBe('true');
    expect(receiver.accepted).toBe(1);
  });

  it.each([
    ['leaves it to whom it ends later for than the agent has claimed', 2000, false],
    ['resolves what ends when the agent has claimed', 0, true],
    ['resolves what ends sooner', -60_000, true],
  ])('%s', async (_what, laterMs, expected) => {
    const receiver = await Receiver.start();
    const { raise, claimed } = await raised(receiver);
    receiver.whenQueried = list({ labels: LABELS, endsAt: new Date(claimed + laterMs).toISOString() });
    const { heartbeats } = receiver;
    raise();
    await vi.waitUntil(() => isResolved(receiver) || receiver.heartbeats > heartbeats, PATIENT);
    expect(isResolved(receiver)).toBe(expected);
    expect(receiver.queries).toHaveLength(1);
  });

  it.each(UNANSWERED)('of one that %s, and resolves without an answer', async (_what, behaviour) => {
    const receiver = await Receiver.start();
    const { notifier, raise, lines } = await raised(receiver);
    receiver.whenQueried = behaviour;
    raise();
    await vi.waitUntil(() => isResolved(receiver), PATIENT);
    await expect.poll(() => lines, PATIENT).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: 'warn', message: expect.stringMatching(/^Alertmanager does not tell/) });
    const asked = receiver.queries.length;
    raise('table_nearly_full');
    await vi.waitUntil(() => receiver.latest.has('ConntrackTableNearlyFull'), PATIENT);
    raise();
    await vi.waitUntil(() => isResolved(receiver, 'ConntrackTableNearlyFull'), PATIENT);
    expect(receiver.queries).toHaveLength(asked);
    expect(lines).toHaveLength(1);
    expect(notifier.counts.get('failed')).toBe(0);
  });

  it('but lets no alert that fires wait for the answer', async () => {
    const receiver = await Receiver.start();
    const { raise } = await raised(receiver);
    const posted: number[] = [];
    receiver.whenQueried = () => void posted.push(receiver.posts.length);
    raise('table_nearly_full', 'table_high');
    await vi.waitUntil(() => isResolved(receiver), PATIENT);
    expect(posted).toEqual([2]);
    expect(receiver.posts[1]?.alerts).toHaveLength(2);
  });
});

describe('an alarm that is resolving', () => {
  it('is not posted again, not even over a new connection', async () => {
    const receiver = await Receiver.start();
    const { startResolving } = await raised(receiver, { ...FAST, resendMs: 60 });
    startResolving('table_full');
    const { length } = receiver.posts;
    receiver.closeConnections();
    const { heartbeats } = receiver;
    await expect.poll(() => receiver.heartbeats, PATIENT).toBeGreaterThanOrEqual(heartbeats + 5);
    expect(receiver.posts.length - length).toBeLessThanOrEqual(1);
  });

  it('is posted when nobody has taken it yet, to live from when it last stood', async () => {
    const receiver = await Receiver.start({ behaviour: (response) => void response.writeHead(503).end() });
    const { notifier, raise, startResolving } = startNotifier([receiver.url]);
    raise('table_full');
    await expect.poll(() => receiver.posts, PATIENT).toHaveLength(1);
    await sleep(100);
    startResolving('table_full');
    receiver.behaviour = (response) => void response.end();
    await expect.poll(() => notifier.counts.get('delivered'), PATIENT).toBe(1);
    const [first, last] = [receiver.posts.at(0), receiver.posts.at(-1)].map((post) =>
      Date.parse(post!.alerts[0]!.endsAt),
    );
    expect(last! - first!).toBeCloseTo(0, -1);
  });

  it('is posted at once when the alarm inputs return', async () => {
    const receiver = await Receiver.start();
    const { raise, startResolving } = await raised(receiver, { ...SLOW_HEARTBEATS, resendMs: 50 });
    await sleep(100);
    startResolving('table_full');
    const { length } = receiver.posts;
    raise('table_full');
    await vi.waitUntil(() => receiver.posts.length > length, PATIENT);
  });
});

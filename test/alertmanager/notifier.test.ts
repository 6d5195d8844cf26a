import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { OWN_LABELS } from '../../src/alertmanager/alert.ts';
import { ALARM_ROWS } from '../../src/model/alarms/alarms.ts';
import { FAST, fullTable, PATIENT, startNotifier } from './notifications.ts';
import { Receiver } from './receiver.ts';

const SOON = { ...FAST, resendMs: 60 };
const heartbeats = (receiver: Receiver, count: number) =>
  expect.poll(() => receiver.heartbeats, PATIENT).toBeGreaterThanOrEqual(count);

describe('Notifier', () => {
  it('posts the worst alarm first, with its labels and numbers a person can read', async () => {
    const receiver = await Receiver.start();
    const { raise } = startNotifier([`${receiver.url}/prefix`], { labels: { cluster: 'prod' } });
    raise('table_full', 'table_nearly_full');
    const post = await vi.waitUntil(() => receiver.posts[0], PATIENT);
    expect(post).toMatchObject({ path: '/prefix/api/v2/alerts', headers: { 'content-type': 'application/json' } });
    expect(post.alerts.map(({ labels }) => labels)).toEqual([
      { cluster: 'prod', alertname: 'ConntrackTableFull', node: 'node-1', severity: 'critical' },
      { cluster: 'prod', alertname: 'ConntrackTableNearlyFull', node: 'node-1', severity: 'critical' },
    ]);
    expect(post.alerts[0]?.annotations['description']).toContain('261,120 of 262,144 entries (99.6 %)');
  });

  it('posts each alarm there is, under its name and severity, with its runbook', async () => {
    const receiver = await Receiver.start();
    const { raise } = startNotifier([receiver.url]);
    raise(...ALARM_ROWS.map(({ id }) => id));
    const { alerts } = await vi.waitUntil(() => receiver.posts[0], PATIENT);
    expect(alerts.map(({ labels }) => [labels['alertname'], labels['severity']]).sort()).toEqual(
      ALARM_ROWS.map(({ alertname, severity }) => [alertname, severity]).sort(),
    );
    for (const { labels, annotations } of alerts) {
      expect(Object.keys(labels).sort()).toEqual([...OWN_LABELS]);
      expect(annotations['runbook_url']).toMatch(new RegExp(`/docs/runbooks/${labels['alertname']}\\.md$`));
    }
  });

  it('posts an alarm that there is no data with the reason, on a table of which nothing is known', async () => {
    const receiver = await Receiver.start();
    const { notifier } = startNotifier([receiver.url]);
    const status = fullTable('no_data');
    const noDataReasons = ['the entries cannot be read', 'samples are late'];
    const alarms = new Map([...status.alarms].filter(([id]) => id === 'no_data'));
    notifier.observe({
      ...status,
      entries: undefined,
      usage: undefined,
      alarms,
      inputs: { ...status.inputs, noDataReasons },
    });
    const { alerts } = await vi.waitUntil(() => receiver.posts[0], PATIENT);
    expect(alerts.map(({ labels }) => labels['alertname'])).toEqual(['ConntrackNoData']);
    expect(alerts[0]?.annotations['description']).toMatch(/ Reason: the entries cannot be read; samples are late\.$/);
  });

  it('posts what stays raised again and again, with the same start and a later end', async () => {
    const receiver = await Receiver.start();
    const { notifier, raise } = startNotifier([receiver.url], { timings: SOON });
    raise('table_full');
    await expect.poll(() => receiver.posts, PATIENT).toHaveLength(1);
    const first = receiver.latest.get('ConntrackTableFull')!;
    await sleep(20);
    raise('table_full');
    const later = await vi.waitUntil(
      () => [...receiver.latest.values()].find(({ endsAt }) => endsAt > first.endsAt),
      PATIENT,
    );
    expect(later.startsAt).toBe(first.startsAt);
    expect(Date.parse(first.endsAt) - Date.parse(first.startsAt)).toBeCloseTo(FAST.lifeMs + 1000, -2);
    await expect.poll(() => notifier.counts.get('delivered') ?? 0, PATIENT).toBeGreaterThanOrEqual(2);
  });

  it('resolves what has cleared once, and leaves it be once that is accepted', async () => {
    const receiver = await Receiver.start();
    const { raise } = startNotifier([receiver.url], { timings: SOON });
    raise('table_full');
    await expect.poll(() => receiver.posts.length, PATIENT).toBeGreaterThanOrEqual(1);
    raise();
    const resolved = await vi.waitUntil(
      () => [...receiver.latest.values()].find(({ endsAt }) => Date.parse(endsAt) <= Date.now()),
      PATIENT,
    );
    const { length } = receiver.posts;
    await heartbeats(receiver, receiver.heartbeats + 5);
    expect(receiver.posts).toHaveLength(length);
    // The end is put where it is surely past, up to a second and a half ago, and no alert ends before it starts.
    const started = Date.parse(receiver.posts[0]!.alerts[0]!.startsAt);
    expect(started - Date.parse(resolved.startsAt)).toBeLessThan(1500);
  });

  it('says all of it again over a new connection, for Alertmanager may have been restarted', async () => {
    const receiver = await Receiver.start();
    const { raise } = startNotifier([receiver.url], { timings: { ...FAST, resendMs: 600_000 } });
    raise('table_full', 'table_nearly_full');
    await expect.poll(() => receiver.posts, PATIENT).toHaveLength(1);
    raise('table_nearly_full');
    await expect.poll(() => receiver.posts, PATIENT).toHaveLength(2);
    receiver.closeConnections();
    await expect.poll(() => receiver.posts, PATIENT).toHaveLength(4);
    const again = receiver.posts.slice(2).flatMap(({ alerts }) => alerts);
    expect(again.map(({ endsAt }) => Date.parse(endsAt) > Date.now())).toEqual([true, false]);
    expect(receiver.accepted).toBe(2);
  });

  it.each(['keep-alive', 'close'])(
    'posts right after a notification what changed meanwhile: connection: %s',
    async (connection) => {
      const receiver = await Receiver.start();
      const { notifier, raise } = startNotifier([receiver.url], {
        timings: { ...FAST, heartbeatMs: 600_000, retryFirstMs: 600_000 },
      });
      await heartbeats(receiver, 1);
      receiver.behaviour = (response) => void setTimeout(() => response.writeHead(200, { connection }).end(), 50);
      raise('table_full');
      await expect.poll(() => receiver.posts, PATIENT).toHaveLength(1);
      raise('table_full', 'table_nearly_full');
      const post = await vi.waitUntil(() => receiver.posts[1], PATIENT);
      expect(post.alerts.map(({ labels }) => labels['alertname'])).toContain('ConntrackTableNearlyFull');
      await expect.poll(() => notifier.counts.get('delivered'), PATIENT).toBe(2);
      expect(notifier.counts.get('failed')).toBe(0);
    },
  );

  it('resolves nothing when it is stopped', async () => {
    const receiver = await Receiver.start();
    const { notifier, raise } = startNotifier([receiver.url]);
    raise('table_full');
    await expect.poll(() => receiver.posts, PATIENT).toHaveLength(1);
    await notifier.stop();
    await expect.poll(() => receiver.open.size, PATIENT).toBe(0);
    expect(receiver.posts).toHaveLength(1);
  });

  it('posts a warning that fires once more when it is stopped, to live until the next agent has judged it', async () => {
    const receiver = await Receiver.start();
    const { notifier, raise } = startNotifier([receiver.url], { timings: { ...FAST, resendMs: 600_000 } });
    raise('table_full', 'invalid_packets');
    await expect.poll(() => receiver.posts, PATIENT).toHaveLength(1);
    const stoppedMs = Date.now();
    await notifier.stop();
    expect(receiver.posts).toHaveLength(2);
    const { alerts } = receiver.posts[1]!;
    expect(alerts.map(({ labels }) => labels['alertname'])).toEqual(['ConntrackInvalidPackets']);
    const wanted = FAST.lifeMs + 15 * 60_000 + FAST.handoverMs;
    expect(Math.abs(Date.parse(alerts[0]!.endsAt) - stoppedMs - wanted)).toBeLessThan(2000);
  });

  it('does not wait for an Alertmanager that does not answer, when it is stopped, and says so', async () => {
    const receiver = await Receiver.start();
    const { notifier, raise, lines } = startNotifier([receiver.url], { timings: { ...FAST, requestMs: 60_000 } });
    raise('table_high');
    await expect.poll(() => notifier.counts.get('delivered'), PATIENT).toBe(1);
    receiver.behaviour = () => undefined;
    await notifier.stop();
    expect(lines.map(({ message }) => message)).toEqual([
      'Cannot hand warnings over to the next agent: they may be notified anew',
    ]);
  });

  it('lets what it cannot see any more lapse, without resolving it', async () => {
    const receiver = await Receiver.start();
    const { notifier, raise } = startNotifier([receiver.url], { timings: { ...SOON, lifeMs: 300 } });
    raise('table_full');
    await expect.poll(() => receiver.posts.length, PATIENT).toBeGreaterThanOrEqual(2);
    notifier.observe({ ...fullTable(), alarms: new Map() });
    await vi.waitUntil(() => Date.parse(receiver.posts[0]!.alerts[0]!.endsAt) < Date.now(), PATIENT);
    const { length } = receiver.posts;
    await heartbeats(receiver, receiver.heartbeats + 5);
    expect(receiver.posts).toHaveLength(length);
    expect(new Set(receiver.posts.map(({ alerts }) => alerts[0]!.endsAt)).size).toBeLessThanOrEqual(2);
  });

  it('gives each of several Alertmanagers everything, however the others fare', async () => {
    const [well, dumb] = await Promise.all([Receiver.start(), Receiver.start({ behaviour: () => undefined })]);
    const { raise } = startNotifier(['http://127.0.0.1:1', dumb.url, well.url]);
    raise('table_full');
    await expect.poll(() => well.posts, PATIENT).toHaveLength(1);
    await expect.poll(() => dumb.posts.length, PATIENT).toBeGreaterThanOrEqual(1);
  });

  it('has every outcome from the start', () => {
    const { notifier } = startNotifier([]);
    expect([...notifier.counts]).toEqual([
      ['delivered', 0],
      ['refused', 0],
      ['failed', 0],
      ['timed_out', 0],
    ]);
  });
});

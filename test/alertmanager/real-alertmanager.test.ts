import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { needs } from '../needs.ts';
import { AlertmanagerProcess } from './alertmanager-process.ts';
import { FAST, PATIENT, startNotifier } from './notifications.ts';
import { startWebhook } from './webhook.ts';

/** More than a resend and the group interval of Alertmanager, 1 s, together. */
const FOR_ALL_TO_BE_SAID_MS = 3000;

describe('Notifier with a real Alertmanager', () => {
  it('is seen to raise an alarm with exactly its labels, and to resolve it', async (context) => {
    needs(context, 'prometheus-alertmanager', 'setpriv');
    const webhook = await startWebhook();
    const alertmanager = await AlertmanagerProcess.start({ webhook: webhook.url });
    const { notifier, raise } = startNotifier([alertmanager.url], { labels: { cluster: 'prod' } });
    raise('table_full');
    const [alert] = await vi.waitUntil(async () => {
      const alerts = await alertmanager.alerts();
      return alerts.length > 0 && alerts;
    }, PATIENT);
    expect(alert?.labels).toEqual({
      alertname: 'ConntrackTableFull',
      cluster: 'prod',
      node: 'node-1',
      severity: 'critical',
    });
    expect(alert?.annotations['description']).toContain('261,120 of 262,144 entries');
    await expect.poll(() => webhook.notifications, PATIENT).toHaveLength(1);
    raise();
    await expect.poll(() => alertmanager.alerts(), PATIENT).toHaveLength(0);
    await expect.poll(() => webhook.notifications.at(-1)?.status, PATIENT).toBe('resolved');
    expect(webhook.notifications).toHaveLength(2);
    expect(notifier.counts).toEqual(new Map(Object.entries({ delivered: 2, refused: 0, failed: 0, timed_out: 0 })));
  });

  it('has its alert merged with the one that Prometheus posts, into one notification', async (context) => {
    needs(context, 'prometheus-alertmanager', 'setpriv');
    const webhook = await startWebhook();
    const alertmanager = await AlertmanagerProcess.start({ webhook: webhook.url });
    const prometheus = {
      labels: { alertname: 'ConntrackTableFull', cluster: 'prod', node: 'node-1', severity: 'critical' },
      annotations: { summary: 'the rule' },
      startsAt: new Date(Date.now() - 5000).toISOString(),
      endsAt: new Date(Date.now() + 240_000).toISOString(),
      generatorURL: 'http://prometheus.example/graph',
    };
    const { notifier, raise } = startNotifier([alertmanager.url], { labels: { cluster: 'prod' } });
    await alertmanager.post(prometheus);
    raise('table_full');
    await expect.poll(() => notifier.counts.get('delivered'), PATIENT).toBe(1);
    await alertmanager.post(prometheus);
    await expect.poll(() => notifier.counts.get('delivered') ?? 0, PATIENT).toBeGreaterThanOrEqual(2);
    const alerts = await alertmanager.alerts();
    expect(alerts).toHaveLength(1);
    expect(alerts[0]?.startsAt).toBe(prometheus.startsAt);
    await vi.waitUntil(() => webhook.notifications.length > 0, PATIENT);
    expect(webhook.notifications).toHaveLength(1);
  });

  it('delivers what is raised to one that was killed and has returned', async (context) => {
    needs(context, 'prometheus-alertmanager', 'setpriv');
    const alertmanager = await AlertmanagerProcess.start();
    const { notifier, lines, raise } = startNotifier([alertmanager.url], { timings: { ...FAST, resendMs: 600_000 } });
    raise('table_high');
    await expect.poll(() => notifier.counts.get('delivered'), PATIENT).toBe(1);
    await alertmanager.kill();
    raise('table_high', 'table_nearly_full');
    await vi.waitUntil(() => (notifier.counts.get('failed') ?? 0) > 0, PATIENT);
    await alertmanager.run();
    const names = await vi.waitUntil(async () => {
      const alerts = await alertmanager.alerts();
      return alerts.length === 2 && alerts.map(({ labels }) => labels['alertname']).sort();
    }, PATIENT);
    expect(names).toEqual(['ConntrackTableHigh', 'ConntrackTableNearlyFull']);
    await expect.poll(() => lines, PATIENT).toHaveLength(2);
    expect(lines.map(({ level }) => level)).toEqual(['warn', 'info']);
  });

  it('closes after a crash of Alertmanager what it was told to have cleared before', async (context) => {
    needs(context, 'prometheus-alertmanager', 'setpriv');
    const alertmanager = await AlertmanagerProcess.start();
    const { notifier, raise } = startNotifier([alertmanager.url]);
    raise('table_high');
    await expect.poll(() => notifier.counts.get('delivered'), PATIENT).toBe(1);
    raise();
    await expect.poll(() => notifier.counts.get('delivered'), PATIENT).toBe(2);
    await alertmanager.kill();
    await alertmanager.run();
    await expect.poll(() => notifier.counts.get('delivered') ?? 0, PATIENT).toBeGreaterThanOrEqual(3);
    expect(await alertmanager.alerts()).toEqual([]);
  });

  it('is restarted while an alarm fires: nobody is notified anew, nothing is resolved, and it ends once', async (context) => {
    needs(context, 'prometheus-alertmanager', 'setpriv');
    const webhook = await startWebhook();
    const alertmanager = await AlertmanagerProcess.start({ webhook: webhook.url });
    const statuses = () => webhook.notifications.map(({ status }) => status);
    const first = startNotifier([alertmanager.url], { labels: { cluster: 'prod' } });
    first.raise('table_full');
    await expect.poll(() => webhook.notifications, PATIENT).toHaveLength(1);
    await first.notifier.stop();
    await sleep(1000);
    // The next agent knows nothing of the first: its alarm begins to fire at another moment.
    const second = startNotifier([alertmanager.url], { labels: { cluster: 'prod' } });
    second.raise();
    second.raise('table_full');
    await expect.poll(() => second.notifier.counts.get('delivered'), PATIENT).toBe(1);
    await sleep(FOR_ALL_TO_BE_SAID_MS);
    expect(statuses()).toEqual(['firing']);
    second.raise();
    await expect.poll(() => webhook.notifications, PATIENT).toHaveLength(2);
    await sleep(FOR_ALL_TO_BE_SAID_MS);
    expect(statuses()).toEqual(['firing', 'resolved']);
    expect(await alertmanager.alerts()).toEqual([]);
  });

  it.for([
    { way: 'tells nobody anew of a warning', handoverMs: 15_000, told: ['firing'] },
    {
      way: 'would, were the last post to end as any other does',
      handoverMs: 0,
      told: ['firing', 'resolved', 'firing'],
    },
  ])('is restarted, takes longer to judge than an alert lives, and $way', async ({ handoverMs, told }, context) => {
    needs(context, 'prometheus-alertmanager', 'setpriv');
    const webhook = await startWebhook();
    const alertmanager = await AlertmanagerProcess.start({ webhook: webhook.url });
    const timings = { ...FAST, lifeMs: 3000, handoverMs };
    const first = startNotifier([alertmanager.url], { timings });
    first.raise('table_high');
    await expect.poll(() => webhook.notifications, PATIENT).toHaveLength(1);
    await first.notifier.stop();
    const second = startNotifier([alertmanager.url], { timings });
    second.raise();
    await sleep(6000);
    for (let ms = 0; ms < FOR_ALL_TO_BE_SAID_MS; ms += 500) {
      second.raise('table_high'); // As often as it is judged, for the alert ends three seconds after that.
      await sleep(500);
    }
    expect(second.notifier.counts.get('delivered')).toBeGreaterThan(0);
    expect(webhook.notifications.map(({ status }) => status)).toEqual(told);
  });

  it('leaves firing what fired when the agent was stopped, and the next agent takes it over', async (context) => {
    needs(context, 'prometheus-alertmanager', 'setpriv');
    const alertmanager = await AlertmanagerProcess.start({ prefix: '/alerts' });
    const first = startNotifier([`${alertmanager.url}/`]);
    first.raise('table_full');
    await expect.poll(() => alertmanager.alerts(), PATIENT).toHaveLength(1);
    const before = await alertmanager.alerts();
    await first.notifier.stop();
    const second = startNotifier([alertmanager.url]);
    expect(await alertmanager.alerts()).toEqual(before);
    second.raise('table_full');
    await expect.poll(() => second.notifier.counts.get('delivered'), PATIENT).toBe(1);
    const after = await alertmanager.alerts();
    expect(after).toHaveLength(1);
    expect(after[0]?.startsAt).toBe(before[0]?.startsAt);
  });
});

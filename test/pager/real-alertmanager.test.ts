import { describe, expect, it } from 'vitest';
import { needs } from '../needs.ts';
import { AlertmanagerProcess } from './alertmanager-process.ts';
import { FAST, startPager, until } from './paging.ts';
import { startWebhook } from './webhook.ts';

describe('Pager with a real Alertmanager', () => {
  it('is seen to raise an alarm with exactly its labels, and to resolve it', async (context) => {
    needs(context, 'prometheus-alertmanager', 'setpriv');
    const webhook = await startWebhook();
    const alertmanager = await AlertmanagerProcess.start({ webhook: webhook.url });
    const { pager, raise } = startPager([alertmanager.url], { labels: { cluster: 'prod' } });
    raise('saturated');
    const [alert] = await until('the alert', async () => {
      const alerts = await alertmanager.alerts();
      return alerts.length > 0 && alerts;
    });
    expect(alert?.labels).toEqual({
      alertname: 'ConntrackTableFull',
      cluster: 'prod',
      node: 'node-1',
      severity: 'critical',
    });
    expect(alert?.annotations['description']).toContain('261,120 of 262,144 entries');
    await until('the page', () => webhook.notifications.length === 1);
    raise();
    await until('no alert', async () => (await alertmanager.alerts()).length === 0);
    await until('the all-clear', () => webhook.notifications.at(-1)?.status === 'resolved');
    expect(webhook.notifications).toHaveLength(2);
    expect(pager.counts).toEqual(new Map(Object.entries({ delivered: 2, refused: 0, failed: 0, timed_out: 0 })));
  });

  it('has its alert merged with the one that Prometheus posts, into one page', async (context) => {
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
    const { pager, raise } = startPager([alertmanager.url], { labels: { cluster: 'prod' } });
    await alertmanager.post(prometheus);
    raise('saturated');
    await until('the page is delivered', () => pager.counts.get('delivered') === 1);
    await alertmanager.post(prometheus);
    await until('a second post', () => (pager.counts.get('delivered') ?? 0) >= 2);
    const alerts = await alertmanager.alerts();
    expect(alerts).toHaveLength(1);
    expect(alerts[0]?.startsAt).toBe(prometheus.startsAt);
    await until('the page', () => webhook.notifications.length > 0);
    expect(webhook.notifications).toHaveLength(1);
  });

  it('delivers what is raised to one that was killed and has returned', async (context) => {
    needs(context, 'prometheus-alertmanager', 'setpriv');
    const alertmanager = await AlertmanagerProcess.start();
    const { pager, lines, raise } = startPager([alertmanager.url], { timings: { ...FAST, resendMs: 600_000 } });
    raise('warning');
    await until('the first page', () => pager.counts.get('delivered') === 1);
    await alertmanager.kill();
    raise('warning', 'critical');
    await until('a page that fails', () => (pager.counts.get('failed') ?? 0) > 0);
    await alertmanager.run();
    const names = await until('both alerts', async () => {
      const alerts = await alertmanager.alerts();
      return alerts.length === 2 && alerts.map(({ labels }) => labels['alertname']).sort();
    });
    expect(names).toEqual(['ConntrackTableHigh', 'ConntrackTableNearlyFull']);
    await until('it says so', () => lines.length === 2);
    expect(lines.map(({ level }) => level)).toEqual(['warn', 'info']);
  });

  it('closes after a crash of Alertmanager what it was told to have cleared before', async (context) => {
    needs(context, 'prometheus-alertmanager', 'setpriv');
    const alertmanager = await AlertmanagerProcess.start();
    const { pager, raise } = startPager([alertmanager.url]);
    raise('warning');
    await until('the page', () => pager.counts.get('delivered') === 1);
    raise();
    await until('the resolution', () => pager.counts.get('delivered') === 2);
    await alertmanager.kill();
    await alertmanager.run();
    await until('the resolution again', () => (pager.counts.get('delivered') ?? 0) >= 3);
    expect(await alertmanager.alerts()).toEqual([]);
  });

  it('leaves burning what burned when the agent was stopped, and the next agent takes it over', async (context) => {
    needs(context, 'prometheus-alertmanager', 'setpriv');
    const alertmanager = await AlertmanagerProcess.start({ prefix: '/alerts' });
    const first = startPager([`${alertmanager.url}/`]);
    first.raise('saturated');
    await until('the alert', async () => (await alertmanager.alerts()).length === 1);
    const before = await alertmanager.alerts();
    first.pager.stop();
    const second = startPager([alertmanager.url]);
    expect(await alertmanager.alerts()).toEqual(before);
    second.raise('saturated');
    await until('the second agent pages', () => second.pager.counts.get('delivered') === 1);
    const after = await alertmanager.alerts();
    expect(after).toHaveLength(1);
    expect(after[0]?.startsAt).toBe(before[0]?.startsAt);
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, type TestContext, vi } from 'vitest';
import { needs } from '../needs.ts';
import { AlertmanagerProcess } from './alertmanager-process.ts';
import { FAST, PATIENT, startNotifier } from './notifications.ts';
import { Rule } from './prometheus-rule.ts';
import { startWebhook } from './webhook.ts';

/** More than a resend of everybody and the group interval of Alertmanager, 1 s, together. */
const FOR_ALL_TO_BE_SAID_MS = 3500;
/** Whatever a matcher might stumble over. */
const CLUSTER = 'prod "eu" \\ é,{}\n|.*';
const OURS = { alertname: 'ConntrackTableFull', cluster: CLUSTER, node: 'node-1', severity: 'critical' };

async function setUp(context: TestContext) {
  needs(context, 'prometheus-alertmanager', 'setpriv');
  const webhook = await startWebhook();
  const alertmanager = await AlertmanagerProcess.start({ webhook: webhook.url });
  const parts = startNotifier([alertmanager.url], {
    labels: { cluster: CLUSTER },
    timings: { ...FAST, resendMs: 200 },
  });
  const statuses = () => webhook.notifications.map(({ status }) => status);
  const told = async (...wanted: string[]) => {
    await expect.poll(() => statuses().length, PATIENT).toBeGreaterThanOrEqual(wanted.length);
    expect(statuses()).toEqual(wanted);
  };
  const staysTold = async (...wanted: string[]) => {
    await sleep(FOR_ALL_TO_BE_SAID_MS);
    expect(statuses()).toEqual(wanted);
  };
  return { ...parts, alertmanager, webhook, told, staysTold };
}

describe('an alert that Prometheus posts too', () => {
  it('ends with Prometheus when the agent is the first to see it end', async (context) => {
    const { alertmanager, raise, told, staysTold } = await setUp(context);
    raise('table_full');
    const rule = await Rule.fire(alertmanager, OURS);
    await told('firing');
    raise();
    await staysTold('firing');
    rule.resolve();
    await told('firing', 'resolved');
    await staysTold('firing', 'resolved');
  });

  it('ends with Prometheus when that is the first to see it end, and the alarm is resolving', async (context) => {
    const { alertmanager, raise, startResolving, told, staysTold } = await setUp(context);
    const rule = await Rule.fire(alertmanager, OURS);
    raise('table_full');
    await told('firing');
    startResolving('table_full');
    rule.resolve();
    await told('firing', 'resolved');
    startResolving('table_full');
    await staysTold('firing', 'resolved');
    raise();
    await staysTold('firing', 'resolved');
  });

  it('is raised again by the agent when it fires again while it is resolving', async (context) => {
    const { alertmanager, raise, startResolving, told } = await setUp(context);
    const rule = await Rule.fire(alertmanager, OURS);
    raise('table_full');
    await told('firing');
    startResolving('table_full');
    rule.resolve();
    await told('firing', 'resolved');
    await rule.stop();
    raise('table_full');
    await told('firing', 'resolved', 'firing');
  });

  it('is resolved by the agent at once when Prometheus claims no more than the agent, as when it is gone', async (context) => {
    const { alertmanager, raise, told } = await setUp(context);
    raise('table_full');
    await told('firing');
    await alertmanager.post({ labels: OURS, endsAt: new Date(Date.now() + 500) });
    raise();
    await told('firing', 'resolved');
  });

  it('is another one when a label differs, and holds nothing', async (context) => {
    const { alertmanager, raise } = await setUp(context);
    await Rule.fire(alertmanager, { ...OURS, pod: 'agent-1' });
    raise('table_full');
    await expect.poll(() => alertmanager.alerts(), PATIENT).toHaveLength(2);
    raise();
    const [left] = await vi.waitUntil(async () => {
      const alerts = await alertmanager.alerts();
      return alerts.length === 1 && alerts;
    }, PATIENT);
    expect(left?.labels).toHaveProperty('pod');
  });
});

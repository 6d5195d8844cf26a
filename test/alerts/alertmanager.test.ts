import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { Child } from '../../simulator/child.ts';
import { has, needs } from '../needs.ts';
import { ALERTS, ROOT } from './rule-book.ts';
import { tool } from './tool.ts';

const EXAMPLE = `${ROOT}alerts/alertmanager.example.yaml`;
const RECEIVER_OF: Record<string, string> = { critical: 'pager', warning: 'team-channel' };

type Labels = Readonly<Record<string, string>>;
type Notification = {
  readonly path: string;
  readonly groupLabels: Labels;
  readonly alerts: readonly { labels: Labels }[];
};

describe('alertmanager.example.yaml', () => {
  it('is a configuration that Alertmanager takes', async (context) => {
    needs(context, 'amtool');
    expect(await tool('amtool', ['check-config', EXAMPLE])).toMatchObject({ code: 0 });
  });

  it('routes each alert by its severity', async (context) => {
    needs(context, 'amtool');
    for (const { alert, labels } of ALERTS) {
      const wanted = `--verify.receivers=${RECEIVER_OF[labels['severity']!]}`;
      const asked = [`alertname=${alert}`, `severity=${labels['severity']}`, 'node=node-7'];
      const { code, output } = await tool('amtool', [
        'config',
        'routes',
        'test',
        `--config.file=${EXAMPLE}`,
        wanted,
        ...asked,
      ]);
      expect(code, `${alert}: ${output}`).toBe(0);
    }
  });
});

describe('a real Alertmanager with the example', () => {
  const nodes = Array.from({ length: 400 }, (_, i) => `node-${i}`);
  const seen: Notification[] = [];

  /** One cluster for each question, all asked at once: Alertmanager waits before it speaks. */
  beforeAll(async () => {
    if (!has('prometheus-alertmanager')) return;
    seen.push(
      ...(await notificationsFor([
        ...nodes.map((node) => critical('ConntrackTableFull', { cluster: 'many', node })),
        critical('ConntrackTableFull', { cluster: 'one', node: 'a' }),
        critical('ConntrackTableNearlyFull', { cluster: 'one', node: 'a' }),
        warning('ConntrackTableHigh', { cluster: 'one', node: 'a' }),
        warning('ConntrackTableFillingUp', { cluster: 'one', node: 'a' }),
        warning('ConntrackInsertFailures', { cluster: 'one', node: 'a' }),
        warning('ConntrackTableHigh', { cluster: 'one', node: 'b' }),
        critical('ConntrackClusterHeadroomLow', { cluster: 'wide' }),
        critical('ConntrackTableNearlyFull', { cluster: 'wide', node: 'a' }),
        warning('ConntrackTableFillingUp', { cluster: 'wide', node: 'b' }),
        critical('ConntrackTableFull', { cluster: 'wide', node: 'c' }),
        warning('ConntrackNoData', { cluster: 'unseen', node: 'a' }),
        warning('ConntrackAgentDown', { cluster: 'unseen', node: 'a' }),
        warning('ConntrackTableHigh', { cluster: 'unseen', node: 'a' }),
        critical('ConntrackTableFull', { cluster: 'unseen', node: 'a' }),
        critical('ConntrackTableFull', { node: 'no-cluster' }),
        warning('ConntrackTableHigh', { node: 'no-cluster' }),
      ])),
    );
  });

  const toldOf = (cluster: string | undefined) =>
    seen
      .filter(({ groupLabels }) => groupLabels['cluster'] === cluster)
      .flatMap(({ alerts }) => alerts.map(({ labels }) => `${labels['alertname']} ${labels['node'] ?? ''}`.trim()))
      .sort();

  it('makes one notification of 400 nodes in trouble', (context) => {
    needs(context, 'prometheus-alertmanager');
    const told = seen.filter(({ groupLabels }) => groupLabels['cluster'] === 'many');
    expect(told.map(({ path, alerts }) => [path, alerts.length])).toEqual([['/pager', 400]]);
  });

  it('mutes the warnings about the table of a node that somebody is woken for, and nothing else', (context) => {
    needs(context, 'prometheus-alertmanager');
    expect(toldOf('one')).toEqual(['ConntrackInsertFailures a', 'ConntrackTableFull a', 'ConntrackTableHigh b']);
  });

  it('mutes single nodes when the cluster has no headroom, but not one that drops packets', (context) => {
    needs(context, 'prometheus-alertmanager');
    expect(toldOf('wide')).toEqual(['ConntrackClusterHeadroomLow', 'ConntrackTableFull c']);
  });

  it('lets an agent without data mute nothing', (context) => {
    needs(context, 'prometheus-alertmanager');
    expect(toldOf('unseen')).toEqual(['ConntrackAgentDown a', 'ConntrackNoData a', 'ConntrackTableFull a']);
  });

  it('works without a cluster label', (context) => {
    needs(context, 'prometheus-alertmanager');
    expect(toldOf(undefined)).toEqual(['ConntrackTableFull no-cluster']);
  });
});

const critical = (alertname: string, labels: Labels) => ({ alertname, severity: 'critical', ...labels });
const warning = (alertname: string, labels: Labels) => ({ alertname, severity: 'warning', ...labels });

/** Posts the alerts to an Alertmanager that runs the example with short waits; what its receivers were told. */
async function notificationsFor(alerts: readonly Labels[]): Promise<Notification[]> {
  const told: Notification[] = [];
  const receiver = createServer((asked, answer) => {
    let body = '';
    asked.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    asked.on('end', () => {
      told.push({ path: asked.url!, ...JSON.parse(body) });
      answer.end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const folder = await mkdtemp(join(tmpdir(), 'conntrack-alertmanager-'));
  const port = (receiver.address() as AddressInfo).port;
  const example = await readFile(EXAMPLE, 'utf8');
  await writeFile(
    join(folder, 'alertmanager.yml'),
    example.replaceAll('127.0.0.1:9095', `127.0.0.1:${port}`).replace('group_wait: 10s', 'group_wait: 2s'),
  );
  const alertmanager = new Child('prometheus-alertmanager', [
    `--config.file=${join(folder, 'alertmanager.yml')}`,
    `--storage.path=${folder}`,
    '--web.listen-address=127.0.0.1:0',
    '--cluster.listen-address=',
  ]);
  try {
    const [, address] = await alertmanager.waitFor(/address=(127\.0\.0\.1:\d+)/, { timeoutMs: 20_000 });
    // One after the other would let the first group speak before its inhibitor is known.
    const answer = await fetch(`http://${address}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(alerts.map((labels) => ({ labels }))),
    });
    expect(answer.status).toBe(200);
    for (let last = -1; last < told.length || told.length === 0; await sleep(3000)) last = told.length;
    return told;
  } finally {
    await alertmanager.stop();
    receiver.close();
    receiver.closeAllConnections();
    await rm(folder, { recursive: true });
  }
}

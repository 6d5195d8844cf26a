import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet } from '../../simulator/fleet.ts';
import { createFleetServer } from '../../simulator/fleet-server.ts';
import { close, listen } from '../../simulator/listening.ts';
import type { TargetGroup } from '../../simulator/prometheus-config.ts';
import { collectedLog } from '../web/collected-log.ts';

const { log } = collectedLog();
const fleet = new Fleet({ nodes: 12, seed: 1, speed: 1, sampleMs: 100, peakWindowMs: 60_000, log });
const server = createFleetServer({
  fleet,
  log,
  links: () => [{ url: 'http://127.0.0.1:9/?a=1&b=2', title: 'Elsewhere' }],
});
let base = '';

beforeAll(async () => {
  base = await listen(server, 0);
  for (const node of fleet.nodes) node.advanceTo(90_000);
  fleet.freeze();
});

afterAll(() => close(server));

function nameOf(scenario: string): string {
  return fleet.nodes.find(({ spec }) => spec.scenario === scenario)!.spec.name;
}

async function textAt(path: string): Promise<string> {
  return (await fetch(`${base}${path}`)).text();
}

describe('createFleetServer()', () => {
  it('names a target for each node, by which it is scraped', async () => {
    const groups = JSON.parse(await textAt('/sd')) as TargetGroup[];
    expect(groups).toHaveLength(12);
    expect(new Set(groups.map(({ labels }) => labels['instance'])).size).toBe(12);
    const { targets, labels } = groups.find((group) => group.labels['node'] === nameOf('leak'))!;
    const text = await (await fetch(`http://${targets[0]}${labels['__metrics_path__']}`)).text();
    expect(text).toContain('\nconntrack_entries ');
    expect(text).not.toContain(nameOf('leak')); // That is the scraper's to say.
  });

  it('has the routes of the agent under the prefix of each node', async () => {
    const name = nameOf('saturated');
    expect(JSON.parse(await textAt(`/nodes/${name}/api/v1/status`))).toMatchObject({
      node: name,
      table: { isDropping: true },
    });
    expect(await textAt(`/nodes/${name}`)).toContain(name);
    expect((await fetch(`${base}/nodes/${nameOf('foreign-namespace')}/-/ready`)).status).toBe(503);
  });

  it('closes the connection for a node whose agent is down', async () => {
    await expect(fetch(`${base}/nodes/${nameOf('agent-down')}/metrics`)).rejects.toThrow('fetch failed');
  });

  it('tells of the pods and services of one cluster', async () => {
    const [first] = JSON.parse(await textAt('/sd/kube-state-metrics')) as TargetGroup[];
    const text = await textAt(first!.labels['__metrics_path__']!);
    expect(text).toContain('kube_service_info{namespace="kube-system",service="kube-dns",cluster_ip="10.96.0.10"} 1');
    const nodes = new Set(Array.from(text.matchAll(/node="([^"]+)"/g), ([, node]) => node));
    const clusters = fleet.nodes.filter(({ spec }) => nodes.has(spec.name)).map(({ spec }) => spec.cluster);
    expect(new Set(clusters)).toEqual(new Set([first!.labels['cluster']]));
  });

  it('has an overview with the scenario of every node and links to the rest', async () => {
    const page = await textAt('/');
    expect(page).toContain('<a href="http://127.0.0.1:9/?a=1&amp;b=2">Elsewhere</a>');
    for (const { spec } of fleet.nodes) expect(page).toMatch(new RegExp(`${spec.name}<.*>${spec.scenario}: `));
  });

  it('says where to look instead of what it does not have', async () => {
    const answer = await fetch(`${base}/nodes/nobody/metrics`);
    expect([answer.status, await answer.text()]).toEqual([
      404,
      'Cannot find "/nodes/nobody/metrics": see / for what there is\n',
    ]);
  });
});

/** What the pod takes as the kubelet accounts it, probes included, beside a node_exporter; and what becomes of an agent that hangs. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { keepFull, occupy } from '../kernel/lab/flood.ts';
import { withLimit } from '../kernel/lab/limit.ts';
import { Prometheus } from '../kernel/lab/prometheus.ts';
import { type Found, kubectl, PLACE } from './cluster.ts';
import { EXPORTER_IMAGE, entries, install, NAMESPACE, pods, restartsOf, scrapeConfig } from './installed.ts';
import { clusterOfFile, needsCluster } from './started.ts';

const NORMAL_MS = Number(process.env['CLUSTER_COST_MINUTES'] ?? 10) * 60_000;
const FULL_MS = 120_000;
const LIMIT = 3000;
/** Of the container in daemonset/base. */
const MEMORY_LIMIT_BYTES = 192 * 2 ** 20;

const folder = clusterOfFile();

it('the pod takes less than half of its memory limit, with a normal table and with a full one', {
  timeout: NORMAL_MS + FULL_MS + 300_000,
}, async (context) => {
  needsCluster(context, 'prometheus', 'prometheus-node-exporter');
  await install(folder, {});
  await installExporter();
  const prometheus = await Prometheus.start(PLACE, { config: scrapeConfig({ agent: 10_098, node: 9100 }) });
  try {
    const up = async () => (await prometheus.query('sum(up)'))[0]?.samples[0]?.value;
    await expect.poll(up, { timeout: 90_000, interval: 1000 }).toBe(2);
    const normal = await costOver(() => sleep(NORMAL_MS));
    const full = await withLimit(LIMIT, async () => {
      await occupy(PLACE, LIMIT - 50 - (await entries()), { timeoutSeconds: FULL_MS / 1000 });
      return costOver(() => keepFull(PLACE, FULL_MS, { perSecond: 2000 }));
    });
    process.stdout.write(`| pod | table | working set, MB | CPU, ms a second |\n|---|---|---|---|\n`);
    for (const [table, costs] of Object.entries({ normal, full }))
      for (const [pod, { workingSetBytes, cpuShare }] of costs)
        process.stdout.write(
          `| ${pod} | ${table} | ${(workingSetBytes / 1e6).toFixed(1)} | ${(cpuShare * 1000).toFixed(2)} |\n`,
        );
    for (const costs of [normal, full])
      expect(costs.get('conntrack-agent')!.workingSetBytes).toBeLessThan(MEMORY_LIMIT_BYTES / 2);
    expect((await pods()).map(restartsOf)).toEqual([0]);
  } finally {
    await prometheus.stop();
  }
});

it('an agent that hangs is killed and started again', { timeout: 580_000 }, async (context) => {
  needsCluster(context);
  await install(folder, {});
  const [pod] = await pods();
  expect(restartsOf(pod)).toBe(0);
  const startMs = performance.now();
  process.kill(agentIn(pod), 'SIGSTOP');
  await expect.poll(async () => restartsOf((await pods())[0]), { timeout: 480_000, interval: 1000 }).toBe(1);
  const restartedMs = performance.now();
  const isReady = async () => (await pods())[0].status.containerStatuses[0].ready;
  await expect.poll(isReady, { timeout: 150_000, interval: 1000 }).toBe(true);
  const [restart, ready] = [restartedMs, performance.now()].map((ms) => ((ms - startMs) / 1000).toFixed(0));
  process.stdout.write(`stopped: started again after ${restart} s, ready after ${ready} s\n`);
});

type Cost = { readonly workingSetBytes: number; readonly cpuShare: number };
type Usage = { readonly workingSetBytes: number; readonly cpuSeconds: number };

/** Of each kind of pod, by the name of its container; memory at the end. */
async function costOver(action: () => Promise<unknown>): Promise<ReadonlyMap<string, Cost>> {
  const before = await usages();
  const startMs = performance.now();
  await action();
  const after = await usages();
  const seconds = (performance.now() - startMs) / 1000;
  return new Map(
    Array.from(after, ([name, { cpuSeconds, ...memory }]) => [
      name,
      { ...memory, cpuShare: (cpuSeconds - before.get(name)!.cpuSeconds) / seconds },
    ]),
  );
}

/** The kubelet reads the cgroups every 10 s or so: waits for the next reading. */
async function usages(): Promise<ReadonlyMap<string, Usage>> {
  await sleep(15_000);
  const path = '/api/v1/nodes/node-1/proxy/stats/summary';
  const { pods: all } = JSON.parse(await kubectl('get', '--raw', path)) as Found;
  const containers = all
    .filter(({ podRef }: Found) => [NAMESPACE, 'exporter'].includes(podRef.namespace))
    .flatMap(({ containers }: Found) => containers);
  return new Map(
    containers.map(({ name, memory, cpu }: Found) => [
      name,
      {
        workingSetBytes: memory.workingSetBytes,
        cpuSeconds: Number(cpu.usageCoreNanoSeconds) / 1e9,
      },
    ]),
  );
}

/** The process id, on this machine, of the agent in that pod. */
function agentIn(pod: Found): number {
  const { uid } = pod.metadata;
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((id) => isAgentOf(id, uid));
  expect(found).toHaveLength(1);
  return Number(found[0]);
}

function isAgentOf(id: string, uid: string): boolean {
  try {
    const read = (name: string) => readFileSync(`/proc/${id}/${name}`, 'utf8');
    return read('cgroup').includes(uid) && read('cmdline').includes('conntrack-agent');
  } catch {
    return false; // It has ended meanwhile.
  }
}

async function installExporter(): Promise<void> {
  const labels = { app: 'node-exporter' };
  const args = ['--web.listen-address=:9100', '--collector.disable-defaults', '--collector.conntrack'];
  const container = {
    name: 'node-exporter',
    image: EXPORTER_IMAGE,
    imagePullPolicy: 'Never',
    command: ['prometheus-node-exporter', ...args],
  };
  const items = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'exporter' } },
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'node-exporter', namespace: 'exporter' },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { hostNetwork: true, containers: [container] } },
      },
    },
  ];
  const file = join(folder, 'exporter.json');
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await kubectl('apply', '-f', file);
  await kubectl('-n', 'exporter', 'rollout', 'status', 'daemonset/node-exporter', '--timeout=150s');
}

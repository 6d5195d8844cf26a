import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { components, DAEMONSET } from '../daemonset/manifests.ts';
import { samplesOf } from '../kernel/lab/exposition.ts';
import { withLimit } from '../kernel/lab/limit.ts';
import { lockMachine, type Release } from '../kernel/lab/lock.ts';
import { needs } from '../needs.ts';
import { cluster, clusterMissing, type Found, get, kubectl, NODE, spawnIn } from './cluster.ts';

/** How long the table stays full; the kubelet restarts the copy with httpGet within the first two minutes. */
const FULL_MS = Number(process.env['CLUSTER_FULL_MINUTES'] ?? 10) * 60_000;
const LIMIT = 3000;
const IMAGE = 'localhost/conntrack-agent:cluster';
const NAMESPACE = 'conntrack-agent';
const FLOODER = fileURLToPath(new URL('./flood.mjs', import.meta.url));
/** These need CRDs, flags that the agent does not have yet, or an image with nft. */
const NOT_HERE = ['prometheus-operator', 'netns', 'untracked', 'untracked-undo', 'tls'];

const folder = mkdtempSync(join(tmpdir(), 'conntrack-cluster-'));
let release: Release | undefined;

beforeAll(async () => {
  if (clusterMissing() !== undefined || process.getuid?.() !== 0) return;
  release = await lockMachine();
  execFileSync(fileURLToPath(new URL('../container/image', import.meta.url)), [IMAGE], { stdio: 'inherit' });
  execFileSync('podman', ['save', '--quiet', '--format', 'docker-archive', '-o', join(folder, 'image.tar'), IMAGE]);
  await cluster('up');
  await cluster('load', join(folder, 'image.tar'));
}, 600_000);

afterAll(async () => {
  if (release !== undefined) await cluster('down');
  await release?.();
  rmSync(folder, { recursive: true });
}, 120_000);

/** A folder for `kubectl apply -k`: the base with these components and the image that was loaded. */
function kustomization(names: readonly string[], patches: readonly object[] = [], suffix = ''): string {
  const at = mkdtempSync(join(folder, 'kustomization-'));
  const base = (path: string) => relative(at, join(DAEMONSET, path));
  const content = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    nameSuffix: suffix,
    resources: [base('base')],
    components: names.map((name) => base(join('components', name))),
    images: [{ name: 'ghcr.io/conntrack-agent/conntrack-agent', newName: IMAGE.split(':')[0], newTag: 'cluster' }],
    patches,
  };
  writeFileSync(join(at, 'kustomization.yaml'), JSON.stringify(content));
  return at;
}

function needsCluster(context: TestContext): void {
  needs(context, 'root', 'nf_conntrack', 'kubectl', 'podman', 'buildah', 'prometheus');
  const missing = clusterMissing();
  if (missing === undefined) return;
  process.stdout.write(`skipped: ${context.task.name}: ${missing}\n`);
  context.skip(missing);
}

async function applied(at: string, name = 'conntrack-agent'): Promise<void> {
  await kubectl('apply', '-k', at);
  await kubectl('-n', NAMESPACE, 'rollout', 'status', `daemonset/${name}`, '--timeout=120s');
}

const pods = async (): Promise<Found[]> => (await get('-n', NAMESPACE, 'pods')).items;
const restartsOf = (pod: Found): number => pod.status.containerStatuses[0].restartCount;
const metrics = async () => samplesOf(await cluster('node', 'curl', '-s', `http://${NODE}:10098/metrics`));
const count = async () => Number(await cluster('node', 'cat', '/proc/sys/net/netfilter/nf_conntrack_count'));

describe('on a real node', () => {
  it('the base becomes ready, tells the node’s numbers, and rolls over', async (context) => {
    needsCluster(context);
    await applied(kustomization([]));
    await expect.poll(async () => (await metrics()).get('conntrack_entries')! - (await count())).toBeCloseTo(0, -1);
    expect((await metrics()).get('conntrack_agent_in_host_netns')).toBe(1);
    const before = (await pods())[0].metadata.name;
    const patch = { target: { kind: 'DaemonSet' }, patch: ROLLED };
    await applied(kustomization([], [patch]));
    expect((await pods()).map(({ metadata }) => metadata.name)).not.toContain(before);
    const said = await kubectl('-n', NAMESPACE, 'exec', 'ds/conntrack-agent', '--', 'conntrack-agent', 'healthcheck');
    expect(said.trim()).toBe('healthy');
  });

  it('every overlay that needs nothing of others becomes ready', async (context) => {
    needsCluster(context);
    for (const name of (await components()).filter((one) => !NOT_HERE.includes(one))) {
      await applied(kustomization([name]));
      expect((await pods()).map(restartsOf), name).toEqual([0]);
    }
  });

  it(
    'no pod is restarted and no scrape lost while the table is full, but the one with httpGet is',
    async (context) => {
      needsCluster(context);
      await applied(kustomization([]));
      await applied(
        kustomization([], [{ target: { kind: 'DaemonSet' }, patch: HTTP_COPY }], '-http'),
        'conntrack-agent-http',
      );
      const prometheus = startPrometheus();
      try {
        await expect.poll(ups, { timeout: 60_000, interval: 1000 }).toContain('1');
        await withLimit(LIMIT, async () => {
          const flood = spawnIn('peer', process.execPath, FLOODER, String(FULL_MS));
          await sleep(FULL_MS);
          await flood.stop();
        });
        const restarts = Object.fromEntries(
          (await pods()).map((pod) => [pod.metadata.labels['copy'] ?? 'agent', restartsOf(pod)]),
        );
        const scrapes = await ups();
        process.stdout.write(
          `full for ${FULL_MS / 60_000} min: ${JSON.stringify({ restarts, scrapes: scrapes.length })}\n`,
        );
        expect(restarts['agent']).toBe(0);
        expect(restarts['http'], 'the teeth').toBeGreaterThan(0);
        expect(new Set(scrapes)).toEqual(new Set(['1']));
      } finally {
        await prometheus.stop();
      }
    },
    FULL_MS + 300_000,
  );
});

const ROLLED = JSON.stringify([{ op: 'add', path: '/spec/template/metadata/annotations/rolled', value: 'once' }]);

/** The same agent on another port, asked for its health the usual way. */
const HTTP_COPY = JSON.stringify([
  { op: 'add', path: '/spec/selector/matchLabels/copy', value: 'http' },
  { op: 'add', path: '/spec/template/metadata/labels/copy', value: 'http' },
  { op: 'replace', path: '/spec/template/spec/containers/0/args/0', value: '--web.listen-address=:10099' },
  { op: 'replace', path: '/spec/template/spec/containers/0/ports/0/containerPort', value: 10_099 },
  {
    op: 'replace',
    path: '/spec/template/spec/containers/0/livenessProbe',
    value: { httpGet: { path: '/-/healthy', port: 10_099 }, periodSeconds: 10, failureThreshold: 3 },
  },
]);

function startPrometheus() {
  const config = {
    global: { scrape_interval: '15s', scrape_timeout: '10s' },
    scrape_configs: [{ job_name: 'agent', static_configs: [{ targets: [`${NODE}:10098`] }] }],
  };
  const file = join(folder, 'prometheus.yml');
  writeFileSync(file, JSON.stringify(config));
  return spawnIn(
    'peer',
    'prometheus',
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    '--web.listen-address=127.0.0.1:9090',
  );
}

/** Every value of `up` so far. */
async function ups(): Promise<string[]> {
  const answer = await cluster('peer', 'curl', '-s', 'http://127.0.0.1:9090/api/v1/query?query=up[30m]').catch(
    () => '{}',
  );
  const result = JSON.parse(answer || '{}').data?.result ?? [];
  return result.flatMap(({ values }: { values: [number, string][] }) => values.map(([, value]) => value));
}

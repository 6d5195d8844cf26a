/** The manifests, installed as a user would: a folder of one's own and `kubectl apply -k`. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { DAEMONSET } from '../daemonset/manifests.ts';
import { samplesOf } from '../kernel/lab/exposition.ts';
import { type Found, get, kubectl, NODE, PLACE, spawnKubectl } from './cluster.ts';

export const IMAGE = 'localhost/conntrack-agent:cluster';
export const NFT_IMAGE = 'localhost/conntrack-agent-nft:cluster';
export const EXPORTER_IMAGE = 'localhost/node-exporter:cluster';
export const NAMESPACE = 'conntrack-agent';

export type Choice = {
  readonly components?: readonly string[];
  /** More flags for the agent. */
  readonly flags?: readonly string[];
  /** Kustomize's own, for a copy that is to differ. */
  readonly patches?: readonly object[];
  readonly suffix?: string;
};

/** Makes the folder below `folder`, applies it, and waits until every pod of it is ready. */
export async function install(
  folder: string,
  { components = [], flags = [], patches = [], suffix = '' }: Choice,
): Promise<void> {
  const at = mkdtempSync(join(folder, 'kustomization-'));
  const ours = (path: string) => relative(at, join(DAEMONSET, path));
  const added = flags.map((value) => ({ op: 'add', path: '/spec/template/spec/containers/0/args/-', value }));
  const content = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    nameSuffix: suffix,
    resources: [ours('base')],
    components: components.map((name) => ours(join('components', name))),
    images: [
      ['ghcr.io/conntrack-agent/conntrack-agent', IMAGE],
      ['registry.k8s.io/kube-proxy', NFT_IMAGE],
    ].map(([name, image]) => ({ name, newName: image!.split(':')[0], newTag: image!.split(':')[1] })),
    patches: [...patches, ...added.map((step) => jsonPatch(step))],
  };
  writeFileSync(join(at, 'kustomization.yaml'), JSON.stringify(content));
  await kubectl('apply', '-k', at);
  const name = `daemonset/conntrack-agent${suffix}`;
  await kubectl('-n', NAMESPACE, 'rollout', 'status', name, '--timeout=150s');
}

/** A patch of the DaemonSet out of steps by RFC 6902. */
export function jsonPatch(...steps: readonly object[]): object {
  return { target: { kind: 'DaemonSet' }, patch: JSON.stringify(steps) };
}

/** Those that are not on their way out. */
export async function pods(): Promise<readonly Found[]> {
  const { items } = await get('-n', NAMESPACE, 'pods');
  return items.filter(({ metadata }: Found) => metadata.deletionTimestamp === undefined);
}

export const restartsOf = (pod: Found): number => pod.status.containerStatuses[0].restartCount;

/** A command in the agent's container: what it printed, and its exit code, which may mean something. */
export async function inAgent(...command: string[]): Promise<{ readonly code: number | null; readonly text: string }> {
  const child = spawnKubectl('-n', NAMESPACE, 'exec', 'ds/conntrack-agent', '--', ...command);
  const { code } = await child.exited;
  return { code, text: child.stdout + child.stderr };
}

/** What the agent tells a scraper on the node. */
export const metrics = async () => samplesOf(await PLACE.exec('node', 'curl', ['-s', `http://${NODE}:10098/metrics`]));

/** What the node itself says of its table. */
export const entries = async () => Number(await PLACE.exec('node', 'conntrack', ['-C']));

/** Of a Prometheus that scrapes these ports of the node, by the names of their jobs. */
export function scrapeConfig(ports: Readonly<Record<string, number>>): string {
  return JSON.stringify({
    global: { scrape_interval: '15s', scrape_timeout: '10s' },
    scrape_configs: Object.entries(ports).map(([name, port]) => ({
      job_name: name,
      static_configs: [{ targets: [`${NODE}:${port}`] }],
    })),
  });
}

/** The Helm chart as `helm template` renders it. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { newerProgramPath } from '../../simulator/program-paths.ts';
import { DAEMONSET, type Manifest } from './manifests.ts';

const run = promisify(execFile);

export const CHART = join(DAEMONSET, 'chart');

/** Values as in values.yaml, as deep as one likes. */
export type Values = { readonly [key: string]: unknown };

/** Where and as what the chart is installed; as `helm install conntrack-agent` does it, if nothing is said. */
export type ReleaseName = { readonly name?: string; readonly namespace?: string };

/** Rejects with what Helm says of values that it refuses. */
export async function renderChart(values: Values = {}, { name, namespace }: ReleaseName = {}): Promise<Manifest[]> {
  const sets = Object.entries(values).flatMap(([key, value]) => ['--set-json', `${key}=${JSON.stringify(value)}`]);
  const text = await helm('template', name ?? 'conntrack-agent', CHART, '--namespace', namespace ?? 'default', ...sets);
  return parseAllDocuments(text, { version: '1.1' })
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

/** What it prints; what it says about links in the chart goes to stderr. */
export async function helm(...args: string[]): Promise<string> {
  const { stdout } = await run(newerProgramPath('helm')!, args, { maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}

/** The values that are a component of kustomize. */
export const VALUES_OF: Readonly<Record<string, Values>> = {
  flows: { 'flows.enabled': true },
  grafana: { 'grafanaDashboards.enabled': true },
  netns: { 'netns.enabled': true },
  'no-host-network': { hostNetwork: false },
  openshift: { 'openshift.enabled': true },
  'prometheus-annotations': { prometheusAnnotations: true },
  'prometheus-operator': { 'podMonitor.enabled': true, 'prometheusRule.enabled': true },
  tls: { 'tls.enabled': true },
  untracked: { 'untracked.enabled': true },
  'untracked-undo': { 'untracked.undo': true },
};

const OF_THE_TOOL = ['app.kubernetes.io/managed-by', 'helm.sh/chart'];

/**
 * Objects by kind and name, without the labels that name the tool, and without a namespace where there is none. Volumes and their
 * mounts have no order of their own: kustomize puts those of a patch first.
 */
export function comparable(manifests: readonly Manifest[]): Record<string, Manifest> {
  const all = manifests.map((manifest) => {
    const { metadata, kind } = manifest;
    const labels = Object.entries(metadata.labels ?? {}).filter(([label]) => !OF_THE_TOOL.includes(label));
    const { namespace, ...named } = metadata;
    const isNamespaced = kind !== 'SecurityContextConstraints' && namespace !== undefined;
    const own = { ...named, ...(isNamespaced ? { namespace } : {}), labels: Object.fromEntries(labels) };
    return [`${kind} ${metadata.name}`, { ...manifest, metadata: own }] as const;
  });
  return JSON.parse(JSON.stringify(Object.fromEntries(all)), (key, value) =>
    key === 'volumes' || key === 'volumeMounts' ? value.toSorted(byName) : value,
  );
}

function byName(a: { readonly name?: string } | string, b: typeof a): number {
  const nameOf = (item: typeof a) => (typeof item === 'string' ? item : (item.name ?? ''));
  return nameOf(a).localeCompare(nameOf(b));
}

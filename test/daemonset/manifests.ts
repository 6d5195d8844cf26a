/** The manifests as `kubectl kustomize` renders them. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { kustomizeCommand } from '../kustomize.ts';

const run = promisify(execFile);

export const DAEMONSET = fileURLToPath(new URL('../../daemonset', import.meta.url));

export type Manifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: as deep and as loose as Kubernetes' own objects
  readonly [section: string]: any;
};

export async function render(folder: string): Promise<Manifest[]> {
  const [program, verb] = kustomizeCommand()!;
  const { stdout } = await run(program, [verb, folder], { maxBuffer: 16 * 1024 * 1024 });
  return parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
}

export async function components(): Promise<string[]> {
  return (await readdir(join(DAEMONSET, 'components'))).sort();
}

/** The base with these components, as somebody would combine them in a folder of their own; `more` is what else is in its file. */
export async function renderCombination(names: readonly string[], more: object = {}): Promise<Manifest[]> {
  const folder = await mkdtemp(join(tmpdir(), 'conntrack-combination-'));
  try {
    const at = (name: string) => relative(folder, join(DAEMONSET, name));
    const kustomization = {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      resources: [at('base')],
      components: names.map((name) => at(join('components', name))),
      ...more,
    };
    await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
    return await render(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const EXCLUDED: readonly (readonly string[])[] = [
  ['untracked', 'untracked-undo'],
  ...['flows', 'netns', 'untracked', 'untracked-undo'].map((other) => [other, 'no-host-network']),
];

/** Every subset that makes sense, `tls` last as its own comment asks. */
export function combinationsOf(names: readonly string[]): string[][] {
  const ordered = inOrder(names);
  const subsets = Array.from({ length: 2 ** ordered.length }, (_, bits) =>
    ordered.filter((_name, i) => (bits >> i) % 2 === 1),
  );
  return subsets.filter((some) => !EXCLUDED.some((pair) => pair.every((name) => some.includes(name))));
}

/** `openshift` first and `tls` last: what stands between adds to the one and is changed by the other. */
export function inOrder(names: readonly string[]): string[] {
  const place = (name: string) => (name === 'openshift' ? -1 : name === 'tls' ? 1 : 0);
  return names.toSorted((a, b) => place(a) - place(b) || a.localeCompare(b));
}

export function daemonSetOf(manifests: readonly Manifest[]): Manifest {
  return manifests.find(({ kind }) => kind === 'DaemonSet')!;
}

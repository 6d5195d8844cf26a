/** Names that YAML takes for something else: each is a text in every object, as the API server reads YAML (1.1). */
import { describe, expect, it } from 'vitest';
import { has } from '../needs.ts';
import { renderChart, type Values } from './chart.ts';
import type { Manifest } from './manifests.ts';
import { schemaProblems } from './schema.ts';

const NAMES = [
  '12345',
  'true',
  'null',
  '1.5',
  '1e3',
  '0x10',
  '0o17',
  '017',
  'yes',
  'on',
  'y',
  'no',
  'off',
  '2026-12-01',
  '1.0',
  'nan',
];

/** Every value that ends up in a name, a label or a namespace. */
const everywhere = (name: string): Values => ({
  createNamespace: 'always',
  'image.tag': name,
  podLabels: { [name]: name },
  podAnnotations: { [name]: name },
  nodeSelector: { [name]: name },
  priorityClassName: name.includes('_') ? 'a' : name,
  imagePullSecrets: [{ name }],
  serviceAccount: { name, annotations: { [name]: name } },
  tls: { enabled: true, secretName: name, scrapeSecretName: name, serverName: name },
  alertmanager: {
    urls: ['https://a'],
    externalLabels: { [`l${name.replaceAll(/\W/g, '_')}`]: name },
    secretName: name,
    caKey: name,
    username: name,
    passwordKey: name,
  },
  podMonitor: { enabled: true, additionalLabels: { [name]: name } },
  prometheusRule: { enabled: true, additionalLabels: { [name]: name } },
  grafanaDashboards: { enabled: true, labels: { [name]: name }, annotations: { [name]: name } },
  'openshift.enabled': true,
  prometheusAnnotations: true,
  'untracked.enabled': true,
  'untracked.image': name,
});

const OF_TEXTS = ['labels', 'matchLabels', 'annotations', 'nodeSelector'];
const TEXT = [
  'name',
  'namespace',
  'serviceAccountName',
  'priorityClassName',
  'image',
  'secretName',
  'serverName',
  'key',
];
const LISTS = ['args', 'command', 'users', 'values'];

/** Paths of what must be a text and is none. */
function notTexts(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const at = `${path}/${key}`;
    const texts = OF_TEXTS.includes(key)
      ? Object.values(child)
      : LISTS.includes(key)
        ? child
        : TEXT.includes(key)
          ? [child]
          : [];
    const wrong = (texts as unknown[])
      .filter((text) => typeof text !== 'string')
      .map((text) => `${at}: ${String(text)}`);
    return [...wrong, ...notTexts(child, at)];
  });
}

const namesIn = (all: readonly Manifest[]) => all.flatMap(({ metadata }) => [metadata.name, metadata.namespace]);

const HAS_HELM = has('newer helm');
if (!HAS_HELM) process.stdout.write('skipped: hostile names of the chart: needs helm; run .ci/helm\n');

describe.skipIf(!HAS_HELM)('the chart', () => {
  it.each(NAMES)('keeps %s a text wherever it is a name, a namespace or a label', async (name) => {
    const namespace = name.replaceAll('.', '-');
    const all = await renderChart({ ...everywhere(name), fullnameOverride: namespace }, { name, namespace });
    expect(all.flatMap((manifest) => notTexts(manifest, manifest.kind))).toEqual([]);
    expect(all.flatMap(schemaProblems)).toEqual([]);
    expect(namesIn(all)).toContain(namespace);
    const ofRelease = await renderChart(everywhere(name), { name, namespace });
    expect(ofRelease.flatMap((manifest) => notTexts(manifest, manifest.kind))).toEqual([]);
    expect(namesIn(ofRelease)).toContain(`${name}-conntrack-agent`);
  });

  it('keeps names of a NetworkPolicy texts too', async () => {
    const values = { hostNetwork: false, 'networkPolicy.enabled': true, fullnameOverride: '12345' };
    const all = await renderChart(values, { name: 'true', namespace: '1e3' });
    expect(all.flatMap((manifest) => notTexts(manifest, manifest.kind))).toEqual([]);
    expect(all.flatMap(schemaProblems)).toEqual([]);
  });
});

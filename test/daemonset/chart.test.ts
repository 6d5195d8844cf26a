import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { VALUES } from '../../daemonset/helm/values/all-values.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import { THRESHOLD_ENTRIES } from '../../src/model/thresholds.ts';
import { has, needs } from '../needs.ts';
import { CHART, comparable, helm, renderChart, VALUES_OF, type Values } from './chart.ts';
import { CASES } from './chart-cases.ts';
import {
  combinationsOf,
  components,
  DAEMONSET,
  daemonSetOf,
  inOrder,
  type Manifest,
  renderCombination,
} from './manifests.ts';
import { schemaProblems } from './schema.ts';

const agentOf = (manifests: readonly Manifest[]) => daemonSetOf(manifests)['spec'].template.spec.containers[0];
const kindsOf = (manifests: readonly Manifest[]) => manifests.map(({ kind }) => kind).sort();
/** What Helm says of these values; empty where it takes them. */
const refusalOf = (values: Values) =>
  renderChart(values).then(
    () => '',
    (error: { stderr: string }) => error.stderr.replaceAll(/^level=INFO.*\n/gm, ''),
  );

describe('the chart', () => {
  it('passes helm lint --strict', async (context) => {
    needs(context, 'newer helm');
    expect(await helm('lint', '--strict', CHART)).toContain('0 chart(s) failed');
  });

  it('gives what kubectl apply -k gives', async (context) => {
    needs(context, 'kustomize', 'newer helm');
    expect(comparable(await renderChart())).toEqual(comparable(await renderCombination([])));
  });

  it('knows every component of kustomize', async () => {
    expect(Object.keys(VALUES_OF)).toEqual(await components());
  });

  it('gives what kustomize gives, component by component and in combination', { timeout: 240_000 }, async (context) => {
    needs(context, 'kustomize', 'newer helm');
    const every = await components();
    const changing = every.filter((name) => name !== 'grafana' && name !== 'openshift');
    // Some of the combinations, each component in many of them; openshift, which others add to, with each other one.
    const some = combinationsOf(changing).filter((_, i) => i % 4 === 3);
    const withOpenshift = changing.map((name) => inOrder(['openshift', name]));
    const combinations = [
      ...every.map((name) => [name]),
      ...some,
      ...withOpenshift,
      inOrder(['grafana', 'openshift', ...some.at(-1)!]),
    ];
    for (const names of combinations) {
      const values = Object.assign({}, ...names.map((name) => VALUES_OF[name])) as Values;
      const [ofHelm, ofKustomize] = await Promise.all([renderChart(values), renderCombination(names)]);
      expect(comparable(ofHelm), names.join('+')).toEqual(comparable(ofKustomize));
    }
    process.stdout.write(`chart: ${combinations.length} combinations equal those of kustomize\n`);
    expect(combinations.length).toBeGreaterThanOrEqual(40);
  });

  it('carries rules and dashboards as links, not as copies', () => {
    const files = readdirSync(join(CHART, 'files'));
    for (const file of files) expect(lstatSync(join(CHART, 'files', file)).isSymbolicLink(), file).toBe(true);
    const targets = files.map((file) => realpathSync(join(CHART, 'files', file)));
    for (const target of targets) expect(target.startsWith(join(DAEMONSET, '..'))).toBe(true);
    expect(files).toHaveLength(4);
  });
});

const HAS_HELM = has('newer helm');
if (!HAS_HELM) process.stdout.write('skipped: the templates of the chart: needs helm; run .ci/helm\n');

describe.skipIf(!HAS_HELM)('values that are no component', () => {
  it.each(CASES)(
    'reach the objects, which hold to the schemas, and the agent takes its flags: %s',
    async (_what, values, holds) => {
      const all = await renderChart(values);
      holds(all);
      expect(all.flatMap(schemaProblems)).toEqual([]);
      const parsed = parseConfig(agentOf(all).args, { NODE_NAME: 'n', NODE_IP: '10.0.0.1' }, 'n');
      expect('problems' in parsed ? parsed.problems : []).toEqual([]);
    },
  );

  it('give each threshold of the alarms its flag', async (context) => {
    needs(context, 'newer helm');
    const names = VALUES.filter(({ name }) => name.startsWith('alarms.')).map(({ name }) => name);
    expect(names).toHaveLength(THRESHOLD_ENTRIES.length);
    const values = {
      'alarms.highUsage': 0.5,
      'alarms.clearMargin': 0,
      'alarms.sampleLag': '3s',
      'alarms.entriesPerBucket': 4.5,
    };
    const args: string[] = agentOf(await renderChart(values)).args;
    expect(args.slice(2)).toEqual([
      '--alarm.clear-margin=0',
      '--alarm.entries-per-bucket=4.5',
      '--alarm.high-usage=0.5',
      '--alarm.sample-lag=3s',
    ]);
  });
});

describe('the place of a release', () => {
  const placeOf = (manifests: readonly Manifest[]) =>
    new Set(manifests.map(({ kind, metadata }) => (kind === 'Namespace' ? metadata.name : metadata.namespace)));

  it('is its namespace, without an object for it; names and selectors are the release’s', async (context) => {
    needs(context, 'newer helm');
    const all = await renderChart({}, { name: 'edge', namespace: 'monitoring' });
    expect([kindsOf(all), placeOf(all)]).toEqual([['DaemonSet', 'ServiceAccount'], new Set(['monitoring'])]);
    expect(daemonSetOf(all).metadata.name).toBe('edge-conntrack-agent');
    expect(daemonSetOf(all)['spec'].selector.matchLabels['app.kubernetes.io/instance']).toBe('edge');
  });

  it('can be made, or left alone', async (context) => {
    needs(context, 'newer helm');
    expect(kindsOf(await renderChart({ createNamespace: 'always' }, { namespace: 'm' }))).toContain('Namespace');
    expect(kindsOf(await renderChart({ createNamespace: 'never' }))).not.toContain('Namespace');
    expect(placeOf(await renderChart({ namespaceOverride: 'default' }))).toEqual(new Set(['default']));
  });
});

describe.skipIf(!HAS_HELM)('values.schema.json and the checks of the templates', () => {
  it.each<[string, Values, string[]]>([
    ['a key that does not exist', { flowz: true }, ["at '': additional properties 'flowz' not allowed"]],
    [
      'a key that does not exist, deeper',
      { 'podMonitor.labels': {} },
      ["at '/podMonitor': additional properties 'labels' not allowed"],
    ],
    ['a sample size of -1', { 'flows.sampleSize': -1 }, ["at '/flows/sampleSize': minimum: got -1, want 0"]],
    ['a threshold out of its range', { 'alarms.highUsage': 90 }, ["at '/alarms/highUsage': maximum: got 90, want 1"]],
    ['a text for a switch', { hostNetwork: 'no' }, ["at '/hostNetwork': got string, want boolean"]],
    ['flags that are none', { extraArgs: ['log.level=debug'] }, ["at '/extraArgs/0'"]],
    [
      'untracked without hostNetwork',
      { hostNetwork: false, 'untracked.enabled': true },
      ['untracked.enabled: expected hostNetwork true beside it, got false'],
    ],
    [
      'untracked done and undone',
      { untracked: { enabled: true, undo: true } },
      ['untracked.undo: contradicts untracked.enabled'],
    ],
    [
      'a NetworkPolicy that no pod would heed',
      { 'networkPolicy.enabled': true },
      ['networkPolicy.enabled: expected hostNetwork false beside it'],
    ],
    [
      'a Secret for no Alertmanager',
      { 'alertmanager.secretName': 's' },
      ['alertmanager.secretName: expected alertmanager.urls beside it'],
    ],
    [
      'half of a client certificate, and for no TLS',
      { alertmanager: { urls: ['http://a'], secretName: 's', certKey: 'tls.crt' } },
      [
        'alertmanager.certKey, alertmanager.keyKey: expected both or neither',
        'alertmanager.certKey: expected an https',
      ],
    ],
    [
      'headers that the agent refuses',
      {
        alertmanager: {
          urls: ['https://a'],
          secretName: 's',
          bearerTokenKey: 't',
          headers: { Host: 'x', 'X-A': '1', authorization: 'y', 'a b': 'z' },
          headerKeys: { 'x-a': 'k' },
        },
      },
      [
        'expected none that the agent sets itself, got "Host"',
        'expected each name once, got "x-a" twice',
        '"authorization" contradicts alertmanager.bearerTokenKey',
        'expected the name of a header, got "a b"',
      ],
    ],
    ['half of a password', { alertmanager: { urls: ['http://a'], username: 'u' } }, ['expected both or neither']],
    [
      'thresholds in the wrong order',
      { 'alarms.highUsage': 0.96 },
      ['alarms.highUsage: expected less than alarms.nearlyFullUsage'],
    ],
    [
      'several at once',
      {
        hostNetwork: false,
        'flows.enabled': true,
        'netns.enabled': true,
        'alarms.clearMargin': 0.4,
        'alarms.highUsage': 0.3,
      },
      ['flows.enabled: expected', 'netns.enabled: expected', 'alarms.clearMargin: expected less than alarms.highUsage'],
    ],
  ])('refuse %s', async (_what, values, words) => {
    const refusal = await refusalOf(values);
    for (const word of words) expect(refusal).toContain(word);
  });

  it('take a fraction given by --set, which is a text to Helm, and hold it to its range', async () => {
    const set = (text: string) => helm('template', 'conntrack-agent', CHART, '--set', `alarms.highUsage=${text}`);
    expect(await set('0.8')).toContain('--alarm.high-usage=0.8"');
    await expect(set('90.5')).rejects.toThrow('alarms.highUsage: expected a number from 0.1 to 1, got 90.5');
    await expect(set('much')).rejects.toThrow("at '/alarms/highUsage'");
  });

  it('take what Helm itself adds to the values of a chart within another', async () => {
    expect(await refusalOf({ global: { a: 1 }, enabled: true })).toBe('');
  });
});

describe('values.yaml', () => {
  it('has every value of the table once, and no other', () => {
    const text = readFileSync(join(CHART, 'values.yaml'), 'utf8');
    const at = (name: string) =>
      name.split('.').reduce((value: unknown, key) => (value as Record<string, unknown>)?.[key], parse(text));
    for (const { name, fallback } of VALUES) expect(at(name), name).toEqual(fallback);
  });
});

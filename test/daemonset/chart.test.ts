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

const AM: Values = { 'alertmanager.urls': ['https://a'], 'alertmanager.secretName': 's' };
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
    expect([kindsOf(all), placeOf(all)]).toEqual([
      ['DaemonSet', 'ResourceQuota', 'ServiceAccount'],
      new Set(['monitoring']),
    ]);
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

describe.skipIf(!HAS_HELM)('the quota for the class of the pods', () => {
  const quotaOf = (manifests: readonly Manifest[]) => manifests.find(({ kind }) => kind === 'ResourceQuota');
  const classesOf = (quota: Manifest | undefined) => quota?.['spec'].scopeSelector.matchExpressions[0].values;

  it('is in every namespace but kube-system, and names the class', async () => {
    expect(classesOf(quotaOf(await renderChart()))).toEqual(['system-node-critical']);
    const elsewhere = quotaOf(await renderChart({ createNamespace: 'never' }, { namespace: 'monitoring' }));
    expect([classesOf(elsewhere), elsewhere?.metadata.namespace]).toEqual([['system-node-critical'], 'monitoring']);
    const other = quotaOf(await renderChart({ priorityClassName: 'system-cluster-critical' }));
    expect(classesOf(other)).toEqual(['system-cluster-critical']);
    expect(quotaOf(await renderChart({}, { namespace: 'kube-system' }))).toBeUndefined();
  });

  it('is left out where it is not wanted, and for classes that nothing guards', async () => {
    expect(quotaOf(await renderChart({ 'resourceQuota.enabled': false }))).toBeUndefined();
    for (const priorityClassName of ['', 'mine'])
      expect(quotaOf(await renderChart({ priorityClassName })), priorityClassName).toBeUndefined();
  });

  it('is named by the notes, or what to do without it', async () => {
    const notes = async (...sets: string[]) =>
      (await helm('install', 'a', CHART, '--dry-run=client', '--namespace', 'm', ...sets)).split('NOTES:')[1];
    expect(await notes()).toContain(
      'The ResourceQuota a-conntrack-agent lets pods of the class system-node-critical into',
    );
    expect(await notes('--set', 'resourceQuota.enabled=false')).toContain('"insufficient quota to match these scopes"');
    expect(await notes('--set', 'priorityClassName=mine')).not.toMatch(/quota/i);
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
    [
      'a PodMonitor that the operator would drop',
      { podMonitor: { enabled: true, interval: '5s' } },
      ['podMonitor.scrapeTimeout: expected at most podMonitor.interval (5s), got 10s'],
    ],
    [
      'scrapes so rare that every series would end between two',
      { podMonitor: { enabled: true, interval: '5m' } },
      ['podMonitor.interval: expected 1s or more and less than 5m, got 5m'],
    ],
    [
      'scrapes as rare as what no_scraper waits for',
      { podMonitor: { enabled: true, interval: '1m' }, 'alarms.unscraped': '1m' },
      ['podMonitor.interval: expected less than alarms.unscraped (1m), got 1m'],
    ],
    [
      'a connection that is closed before the next scrape',
      { podMonitor: { enabled: true, interval: '30s' }, extraArgs: ['--web.keep-alive=30s'] },
      ['podMonitor.interval: expected less than --web.keep-alive of extraArgs (30s), got 30s'],
    ],
    [
      'metrics elsewhere than where they are scraped',
      { 'podMonitor.enabled': true, extraArgs: ['--web.telemetry-path=/m'] },
      ['expected no --web.telemetry-path beside podMonitor.enabled or prometheusAnnotations, got "/m"'],
    ],
    [
      'labels that the chart sets, wherever labels are added',
      {
        podLabels: { 'app.kubernetes.io/instance': 'x' },
        podMonitor: { enabled: true, additionalLabels: { 'helm.sh/chart': 'x' } },
        prometheusRule: { enabled: true, additionalLabels: { 'app.kubernetes.io/part-of': 'x' } },
        grafanaDashboards: { enabled: true, labels: { 'app.kubernetes.io/name': 'x' } },
      },
      [
        'podLabels: expected keys that the chart does not set, got app.kubernetes.io/instance ("x")',
        'podMonitor.additionalLabels: expected keys that the chart does not set, got helm.sh/chart ("x")',
        'prometheusRule.additionalLabels: expected keys that the chart does not set, got app.kubernetes.io/part-of ("x")',
        'grafanaDashboards.labels: expected keys that the chart does not set, got app.kubernetes.io/name ("x")',
      ],
    ],
    [
      'annotations that the chart sets',
      {
        prometheusAnnotations: true,
        podAnnotations: {
          'kubectl.kubernetes.io/default-container': 'x',
          'prometheus.io/port': '1',
          'prometheus.io/scheme': 'https',
        },
        'grafanaDashboards.annotations': { 'kustomize.toolkit.fluxcd.io/substitute': 'enabled' },
      },
      [
        'got kubectl.kubernetes.io/default-container ("x"); leave it out: the chart sets it to "conntrack-agent"',
        'got prometheus.io/port ("1"); leave it out: the chart sets it to "10098"',
        'podAnnotations: expected no prometheus.io/scheme beside prometheusAnnotations true, got "https"',
        'grafanaDashboards.annotations: expected keys that the chart does not set, got kustomize.toolkit.fluxcd.io/substitute',
      ],
    ],
    ['a label that is none', { podLabels: { 'a b': 'x' } }, ["invalid propertyName 'a b'"]],
    ['a value that no label may have', { podLabels: { a: 'x y' } }, ["at '/podLabels/a'"]],
    ['a label of two lines', { podLabels: { a: 'x\nb: y' } }, ["at '/podLabels/a'"]],
    ['a Secret with a name of two lines', { 'tls.secretName': 'a\n  b: c' }, ["at '/tls/secretName'"]],
    ['an account with a name of two lines', { 'serviceAccount.name': 'a\nb: c' }, ["at '/serviceAccount/name'"]],
    ['a server name of two lines', { 'tls.serverName': 'a\nb: c' }, ["at '/tls/serverName'"]],
    ['an image of two lines', { 'image.tag': 'a\nb: c' }, ["at '/image/tag'"]],
    ['a key of a Secret that leaves its folder', { ...AM, 'alertmanager.caKey': '../x' }, ["at '/alertmanager/caKey'"]],
    [
      'less memory than the agent takes',
      { 'resources.limits.memory': '150M' },
      ['resources.limits.memory: expected 144Mi or more, got 150M'],
    ],
    [
      'requests above limits, in other units',
      { resources: { requests: { cpu: '0.5', memory: '1Gi' }, limits: { cpu: '200m', memory: '512Mi' } } },
      [
        'resources.requests.cpu: expected at most resources.limits.cpu (200m), got 0.5',
        'resources.requests.memory: expected at most resources.limits.memory (512Mi), got 1Gi',
      ],
    ],
    ['a quantity that is none', { 'resources.limits.memory': '200MB' }, ["at '/resources/limits/memory'"]],
    ['a privileged port of the node', { port: 443 }, ['port: expected 1024 or more beside hostNetwork true, got 443']],
    [
      'a rollout of pods that would wait for a port',
      { 'updateStrategy.rollingUpdate': { maxSurge: 1, maxUnavailable: 0 } },
      ['updateStrategy.rollingUpdate.maxSurge: expected hostNetwork false beside it, got true'],
    ],
    [
      'a rollout of nothing',
      { 'updateStrategy.rollingUpdate.maxUnavailable': 0 },
      ['expected maxUnavailable or maxSurge above 0, got neither'],
    ],
    [
      'two ways to roll out',
      { hostNetwork: false, 'updateStrategy.rollingUpdate': { maxSurge: '10%', maxUnavailable: '10%' } },
      ['expected either maxSurge or maxUnavailable, got 10% and 10%'],
    ],
    ['a strategy of Deployments', { 'updateStrategy.type': 'Recreate' }, ["at '/updateStrategy/type'"]],
    [
      'flags that values set',
      { extraArgs: ['--alarm.high-usage=0.8', '--collector.flows', '--web.socket=/x', '--no-alertmanager.keep-alive'] },
      [
        'extraArgs: expected alarms.highUsage in place of --alarm.high-usage, which it sets',
        'extraArgs: expected flows.enabled in place of --collector.flows, which it sets',
        'extraArgs: --web.socket is set by the chart, since the probes rely on it; leave it out',
        'extraArgs: expected alertmanager.keepAlive in place of --alertmanager.keep-alive, which it sets',
      ],
    ],
    ['sections that are null', { alarms: null, podMonitor: null }, ["missing properties 'alarms', 'podMonitor'"]],
  ])('refuse %s', async (_what, values, words) => {
    const refusal = await refusalOf(values);
    for (const word of words) expect(refusal).toContain(word);
  });

  it.each<[string, Values]>([
    ['as much memory as the agent takes, in other units', { 'resources.limits.memory': '150994944' }],
    ['a number of bytes', { 'resources.limits.memory': 2e8 }],
    ['no limits', { 'resources.limits': null }],
    ['requests as high as limits', { resources: { requests: { cpu: 1 }, limits: { cpu: '1000m', memory: '0.2Gi' } } }],
    [
      'a surge where each pod has its own port',
      {
        hostNetwork: false,
        'updateStrategy.rollingUpdate': { maxSurge: 1, maxUnavailable: 0 },
      },
    ],
    [
      'annotations of Prometheus that are not ours',
      {
        prometheusAnnotations: true,
        podAnnotations: { 'prometheus.io/param_collect': 'x' },
      },
    ],
    ['annotations of Prometheus without ours', { podAnnotations: { 'prometheus.io/scrape': 'false' } }],
    ['a port of a pod of its own', { hostNetwork: false, port: 443 }],
    ['rules evaluated more often than others scrape', { 'prometheusRule.enabled': true, 'podMonitor.interval': '5s' }],
    ['no strategy, and no resources', { updateStrategy: null, resources: null }],
    ['seldom scrapes by others', { 'podMonitor.interval': '10m' }],
  ])('take %s', async (_what, values) => {
    expect(await refusalOf(values)).toBe('');
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

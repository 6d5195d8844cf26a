import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { MADE } from '../../daemonset/generate.ts';
import { prometheusRule } from '../../daemonset/manifest-files.ts';
import { DASHBOARDS } from '../../dashboards/generate.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import { LEAST_CONTAINER_MIB } from '../../src/config/v8-flags.ts';
import { needs } from '../needs.ts';
import {
  combinationsOf,
  components,
  DAEMONSET,
  daemonSetOf,
  inOrder,
  type Manifest,
  render,
  renderCombination,
} from './manifests.ts';
import { podSecurityViolations } from './pod-security.ts';
import { schemaProblems, unknownFields } from './schema.ts';

/** What all annotations of an object may hold, the last applied configuration among them. */
const LAST_APPLIED_BYTES = 256 * 1024;

const podOf = (manifests: readonly Manifest[]) => daemonSetOf(manifests)['spec'].template.spec;
const agentOf = (manifests: readonly Manifest[]) => podOf(manifests).containers[0];
const violationsOf = async (...names: string[]) => podSecurityViolations(podOf(await renderCombination(names)));

describe('daemonset/', () => {
  it('installs the base, whether by itself or from its folder', async (context) => {
    needs(context, 'kustomize');
    const base = await render(join(DAEMONSET, 'base'));
    expect(base.map(({ kind }) => kind)).toEqual(['Namespace', 'ResourceQuota', 'ServiceAccount', 'DaemonSet']);
    expect(await render(DAEMONSET)).toEqual(base);
  });

  it('has an overlay for each component, which is the base and that component', async (context) => {
    needs(context, 'kustomize');
    for (const name of await components()) {
      expect(await render(join(DAEMONSET, 'overlays', name)), name).toEqual(await renderCombination([name]));
    }
  }, 120_000);

  it('needs no privilege but the host network and its port', async (context) => {
    needs(context, 'kustomize');
    expect(await violationsOf()).toEqual(['hostNetwork', 'conntrack-agent: hostPort']);
    expect(await violationsOf('tls', 'prometheus-operator')).toEqual(await violationsOf());
    expect(await violationsOf('no-host-network')).toEqual(['hostPath']);
    expect(await violationsOf('netns')).toEqual(['hostNetwork', 'hostPID', 'conntrack-agent: hostPort']);
  });

  it('asks of OpenShift what the pod with these components needs, and no more', async (context) => {
    needs(context, 'kustomize');
    const wants = async (...names: string[]) => {
      const manifests = await renderCombination(inOrder(['openshift', ...names]));
      const { allowHostNetwork, allowHostPID, allowHostDirVolumePlugin, allowedCapabilities, runAsUser, volumes } =
        manifests.find(({ kind }) => kind === 'SecurityContextConstraints')!;
      const pod = podOf(manifests);
      expect(allowHostNetwork).toBe(pod.hostNetwork === true);
      expect(allowHostPID).toBe(pod.hostPID === true);
      const containers = [...(pod.initContainers ?? []), ...pod.containers];
      const added = containers.flatMap(({ securityContext }) => securityContext.capabilities.add ?? []);
      expect(allowedCapabilities).toEqual([...new Set(added)]);
      const uids = containers.map(({ securityContext }) => securityContext.runAsUser ?? pod.securityContext.runAsUser);
      expect(runAsUser).toEqual(uids.includes(0) ? { type: 'RunAsAny' } : { type: 'MustRunAs', uid: uids[0] });
      const mounted = pod.volumes
        .flatMap((volume: object) => Object.keys(volume))
        .filter((key: string) => key !== 'name');
      expect(volumes).toEqual(expect.arrayContaining(mounted));
      expect(allowHostDirVolumePlugin).toBe(mounted.includes('hostPath'));
    };
    for (const names of [[], ['flows'], ['netns'], ['tls'], ['untracked'], ['no-host-network'], ['flows', 'untracked']])
      await wants(...names);
  }, 60_000);

  it('gives the flow sample NET_ADMIN and the root that it takes, and nothing else', async (context) => {
    needs(context, 'kustomize');
    const more = (await violationsOf('flows')).slice(2);
    expect(more).toEqual(['NET_ADMIN', 'runAsNonRoot', 'runAsUser 0'].map((what) => `conntrack-agent: ${what}`));
  });

  it('asks the unix socket for health, never a port', async (context) => {
    needs(context, 'kustomize');
    const { startupProbe, livenessProbe, readinessProbe, lifecycle } = agentOf(await render(DAEMONSET));
    const asked = [startupProbe, livenessProbe, readinessProbe].map(({ exec }) => exec.command.join(' '));
    expect(asked).toEqual(['conntrack-agent healthcheck', 'conntrack-agent healthcheck', 'conntrack-agent readycheck']);
    expect(lifecycle).toBeUndefined();
  });

  it('lets the container have a quarter more than the agent takes with its heap full in a flood, so that the kernel never ends it', async (context) => {
    needs(context, 'kustomize');
    const limitMib = Number(/^(\d+)Mi$/.exec(agentOf(await render(DAEMONSET)).resources.limits.memory)?.[1]);
    const unit = readFileSync(join(DAEMONSET, 'systemd/conntrack-agent.service'), 'utf8');
    expect(unit).toContain(`\nMemoryMax=${limitMib}M\n`);
    expect(limitMib).toBeGreaterThanOrEqual(1.25 * LEAST_CONTAINER_MIB);
  });

  it('runs on every node that has a kernel of its own to watch', async (context) => {
    needs(context, 'kustomize');
    const pod = podOf(await render(DAEMONSET));
    const [{ matchExpressions }] =
      pod.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms;
    expect(matchExpressions).toEqual([
      { key: 'eks.amazonaws.com/compute-type', operator: 'NotIn', values: ['fargate'] },
      { key: 'type', operator: 'NotIn', values: ['virtual-kubelet'] },
    ]);
    expect(pod).toMatchObject({ tolerations: [{ operator: 'Exists' }], priorityClassName: 'system-node-critical' });
    expect(pod.nodeSelector).toEqual({ 'kubernetes.io/os': 'linux' });
  });

  it('brings a quota for its class, which limits no pod of the namespace', async (context) => {
    needs(context, 'kustomize');
    const all = await render(DAEMONSET);
    const { spec } = all.find(({ kind }) => kind === 'ResourceQuota')!;
    expect(spec.scopeSelector.matchExpressions).toEqual([
      { scopeName: 'PriorityClass', operator: 'In', values: [podOf(all).priorityClassName] },
    ]);
    expect(spec.hard).toEqual({ pods: '1G' });
  });

  it.each(MADE)('has $name as the code makes it; `npm run daemonset` writes it', ({ file, text }) => {
    expect(readFileSync(file, 'utf8')).toBe(text());
  });

  it('carries the rules of alerts/', () => {
    const rules = readFileSync(join(DAEMONSET, '../alerts/conntrack.rules.yaml'), 'utf8');
    const { groups } = parse(prometheusRule()).spec;
    expect(groups[0].interval).toBe('15s');
    expect({ groups: groups.map(({ interval: _, ...group }: Record<string, unknown>) => group) }).toEqual(parse(rules));
  });

  it('carries the dashboards, each in a ConfigMap that kubectl can apply', async (context) => {
    needs(context, 'kustomize');
    const all = await renderCombination(['grafana']);
    const maps = all.filter(({ kind }) => kind === 'ConfigMap');
    expect(all.filter(({ kind }) => kind !== 'ConfigMap')).toEqual(await render(DAEMONSET));
    const dashboards = maps.map(({ metadata, data }) => [metadata.labels, JSON.parse(Object.values<string>(data)[0]!)]);
    expect(dashboards.map(([, { uid }]) => uid).sort()).toEqual(DASHBOARDS.map(({ name }) => name).sort());
    for (const [labels, dashboard] of dashboards) {
      expect(labels).toMatchObject({ grafana_dashboard: '1' });
      const { json } = DASHBOARDS.find(({ name }) => name === dashboard.uid)!;
      expect(dashboard).toEqual(JSON.parse(json()));
    }
    for (const map of maps) expect(JSON.stringify(map).length).toBeLessThan(LAST_APPLIED_BYTES);
  });

  it('tells users of kube-prometheus-stack a patch that labels what its Prometheus selects', async (context) => {
    needs(context, 'kustomize');
    const readme = readFileSync(join(DAEMONSET, 'README.md'), 'utf8');
    const [, snippet] = /### kube-prometheus-stack[\s\S]*?```yaml\n([\s\S]*?)```/.exec(readme)!;
    const all = await renderCombination(['prometheus-operator'], parse(snippet!));
    const labelled = all.filter(({ metadata }) => metadata.labels?.['release'] === 'kube-prometheus-stack');
    expect(labelled.map(({ kind }) => kind).sort()).toEqual(['PodMonitor', 'PrometheusRule']);
  });

  it('has a scrape configuration that Prometheus takes', (context) => {
    needs(context, 'promtool');
    const text = readFileSync(join(DAEMONSET, 'components/prometheus-annotations/scrape-config.yaml'), 'utf8');
    const {
      scrape_configs: [{ kubernetes_sd_configs, ...job }],
    } = parse(text);
    expect(kubernetes_sd_configs).toEqual([{ role: 'pod', namespaces: { names: ['conntrack-agent'] } }]);
    // Debian builds its Prometheus without Kubernetes.
    const file = join(mkdtempSync(join(tmpdir(), 'conntrack-scrape-')), 'prometheus.yml');
    onTestFinished(() => rmSync(dirname(file), { recursive: true }));
    writeFileSync(file, JSON.stringify({ scrape_configs: [job] }));
    expect(execFileSync('promtool', ['check', 'config', file], { encoding: 'utf8' })).toContain('SUCCESS');
  });
});

describe('every combination of components', () => {
  it('renders, holds to the schemas, and fits together', { timeout: 180_000 }, async (context) => {
    needs(context, 'kustomize');
    // These two add objects and change none: with them each would be tried twice.
    const added = ['grafana', 'openshift'];
    const combinations = combinationsOf((await components()).filter((name) => !added.includes(name)));
    combinations.push(inOrder([...added, ...combinations.at(-1)!]));
    const known = new Map<string, string[]>();
    for (const names of combinations) {
      const manifests = await renderCombination(names);
      for (const manifest of manifests) {
        const text = JSON.stringify(manifest);
        if (!known.has(text)) known.set(text, schemaProblems(manifest));
        expect(known.get(text), names.join('+')).toEqual([]);
      }
      expect(mismatches(manifests), names.join('+')).toEqual([]);
    }
    process.stdout.write(`combinations: ${combinations.length} rendered, ${known.size} different objects checked\n`);
  });
});

/** What no schema sees. */
function mismatches(manifests: readonly Manifest[]): string[] {
  const { args, ports, env, volumeMounts } = agentOf(manifests);
  const { volumes, hostNetwork, serviceAccountName } = podOf(manifests);
  const labels = daemonSetOf(manifests)['spec'].template.metadata.labels;
  const monitor = manifests.find(({ kind }) => kind === 'PodMonitor')?.['spec'];
  const environment = Object.fromEntries(env.map(({ name }: { name: string }) => [name, '10.0.0.1']));
  const parsed = parseConfig(args, environment, 'node');
  const config = 'config' in parsed ? parsed.config : undefined;
  const checks: readonly (readonly [string, boolean])[] = [
    ['flags', 'warnings' in parsed && parsed.warnings.length === 0],
    ['port', config?.listenAddresses[0]?.port === ports[0].containerPort],
    [
      'socket folder',
      volumeMounts.some((m: { mountPath: string }) => config?.socketPath?.startsWith(`${m.mountPath}/`)),
    ],
    ['volumes', volumeMounts.every((m: { name: string }) => volumes.some((v: { name: string }) => v.name === m.name))],
    ['web config', (config?.webConfigFile ?? '').startsWith('/etc/conntrack-agent/web/') === args.some(isWebConfig)],
    [
      'account',
      manifests.some(({ kind, metadata }) => kind === 'ServiceAccount' && metadata.name === serviceAccountName),
    ],
    ['node address', env.some(({ name }: { name: string }) => name === 'NODE_IP') === (hostNetwork === true)],
    ['selector', isSelected(labels, daemonSetOf(manifests)['spec'].selector.matchLabels)],
    ['monitor', monitor === undefined || isSelected(labels, monitor.selector.matchLabels)],
    ['job', monitor === undefined || /conntrack-agent/.test(labels[monitor.jobLabel])],
    ['scraped port', monitor === undefined || monitor.podMetricsEndpoints[0].port === ports[0].name],
    ['scheme', monitor === undefined || (monitor.podMetricsEndpoints[0].scheme === 'https') === args.some(isWebConfig)],
    [
      'namespace',
      manifests.every(
        ({ kind, metadata }) => metadata.namespace === (OF_THE_CLUSTER.includes(kind) ? undefined : 'conntrack-agent'),
      ),
    ],
  ];
  return checks.filter(([, fits]) => !fits).map(([what]) => what);
}

const OF_THE_CLUSTER = ['Namespace', 'SecurityContextConstraints'];

const isSelected = (labels: Record<string, string>, selector: Record<string, string>) =>
  Object.entries(selector).every(([label, value]) => labels[label] === value);

const isWebConfig = (arg: string) => arg.startsWith('--web.config.file=');

describe('unknownFields()', () => {
  it('finds a mistyped field at any depth, and no other', async (context) => {
    needs(context, 'kustomize');
    const manifests = await renderCombination(['prometheus-operator', 'tls']);
    expect(manifests.flatMap(unknownFields)).toEqual([]);
    const agent = agentOf(manifests);
    agent.livenessProbe.timeoutSecond = 1;
    agent.securityContext.capabilites = {};
    expect(unknownFields(daemonSetOf(manifests))).toEqual([
      '/spec/template/spec/containers/0/livenessProbe/timeoutSecond',
      '/spec/template/spec/containers/0/securityContext/capabilites',
    ]);
  });
});

describe('daemonset/systemd', () => {
  const unit = join(DAEMONSET, 'systemd/conntrack-agent.service');

  it('is a unit that systemd accepts without a remark', (context) => {
    needs(context, 'systemd-analyze');
    if (!existsSync('/usr/bin/node')) {
      process.stdout.write(`skipped: ${context.task.name}: needs /usr/bin/node, which the unit names\n`);
      context.skip();
    }
    expect(
      execFileSync('systemd-analyze', ['verify', unit], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
    ).toBe('');
  });

  it('starts the agent again however it ended, unless its flags are wrong, and reloads it by SIGHUP', () => {
    const lines = readFileSync(unit, 'utf8').split('\n');
    const wanted = ['Restart=always', 'RestartPreventExitStatus=2', 'ExecReload=/bin/kill -HUP $MAINPID'];
    expect(lines).toEqual(expect.arrayContaining(wanted));
  });

  it('holds no capability and may write nowhere but for its socket', () => {
    const lines = readFileSync(unit, 'utf8').split('\n');
    const wanted = ['DynamicUser=yes', 'CapabilityBoundingSet=', 'ProtectSystem=strict', 'NoNewPrivileges=yes'];
    expect(lines).toEqual(expect.arrayContaining(wanted));
  });
});

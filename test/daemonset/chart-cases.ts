/** Values of the chart that are no component of kustomize, and what becomes of each. */
import { expect } from 'vitest';
import type { Values } from './chart.ts';
import { daemonSetOf, type Manifest } from './manifests.ts';

const agentOf = (manifests: readonly Manifest[]) => daemonSetOf(manifests)['spec'].template.spec.containers[0];
const kindsOf = (manifests: readonly Manifest[]) => manifests.map(({ kind }) => kind).sort();

/** Values, and what of the objects they change. */
export const CASES: readonly (readonly [what: string, values: Values, holds: (all: readonly Manifest[]) => void])[] = [
  [
    'image',
    { image: { registry: 'r.example', repository: 'a/b', tag: '1', pullPolicy: 'Always' } },
    (all) => {
      expect(agentOf(all)).toMatchObject({ image: 'r.example/a/b:1', imagePullPolicy: 'Always' });
    },
  ],
  [
    'digest',
    { 'image.digest': `sha256:${'0'.repeat(64)}` },
    (all) => {
      expect(agentOf(all).image).toBe(`ghcr.io/conntrack-agent/conntrack-agent@sha256:${'0'.repeat(64)}`);
    },
  ],
  [
    'no registry',
    { 'image.registry': '' },
    (all) => {
      expect(agentOf(all).image).toMatch(/^conntrack-agent\/conntrack-agent:\d/);
    },
  ],
  [
    'imagePullSecrets',
    { imagePullSecrets: [{ name: 's' }] },
    (all) => {
      expect(daemonSetOf(all)['spec'].template.spec.imagePullSecrets).toEqual([{ name: 's' }]);
    },
  ],
  [
    'resources',
    { 'resources.limits.memory': '256Mi' },
    (all) => {
      expect(agentOf(all).resources).toEqual({
        requests: { cpu: '10m', memory: '64Mi' },
        limits: { memory: '256Mi' },
      });
    },
  ],
  [
    'where',
    { tolerations: [], nodeSelector: { pool: 'a' }, affinity: null, priorityClassName: 'p' },
    (all) => {
      const { tolerations, nodeSelector, priorityClassName } = daemonSetOf(all)['spec'].template.spec;
      expect([tolerations, nodeSelector, priorityClassName]).toEqual([
        [],
        { 'kubernetes.io/os': 'linux', pool: 'a' },
        'p',
      ]);
    },
  ],
  [
    'pods',
    {
      podAnnotations: { a: 'b' },
      podLabels: { team: 'net' },
      updateStrategy: { type: 'OnDelete', rollingUpdate: null },
    },
    (all) => {
      const { template, updateStrategy } = daemonSetOf(all)['spec'];
      expect(template.metadata.annotations).toMatchObject({ a: 'b' });
      expect(template.metadata.labels).toMatchObject({ team: 'net', 'app.kubernetes.io/name': 'conntrack-agent' });
      expect(updateStrategy).toEqual({ type: 'OnDelete' });
    },
  ],
  [
    'securityContext',
    { securityContext: { privileged: false }, podSecurityContext: { runAsUser: 7 } },
    (all) => {
      expect(agentOf(all).securityContext).toEqual({ privileged: false });
      expect(daemonSetOf(all)['spec'].template.spec.securityContext).toEqual({ runAsUser: 7 });
    },
  ],
  [
    'names',
    { fullnameOverride: 'ct', namespaceOverride: 'ns', 'podMonitor.enabled': true, 'prometheusRule.enabled': true },
    (all) => {
      expect(new Set(all.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`))).toEqual(new Set(['ns/ct']));
    },
  ],
  [
    'account',
    { serviceAccount: { create: false, name: 'mine' } },
    (all) => {
      expect(kindsOf(all)).toEqual(['DaemonSet', 'Namespace', 'ResourceQuota']);
      expect(daemonSetOf(all)['spec'].template.spec.serviceAccountName).toBe('mine');
    },
  ],
  [
    'account annotations',
    { 'serviceAccount.annotations': { a: 'b' } },
    (all) => {
      expect(all.find(({ kind }) => kind === 'ServiceAccount')!.metadata).toMatchObject({ annotations: { a: 'b' } });
    },
  ],
  [
    'kube-prometheus-stack',
    {
      podMonitor: { enabled: true, additionalLabels: { release: 'kps' } },
      prometheusRule: { enabled: true, additionalLabels: { release: 'kps' } },
    },
    (all) => {
      for (const wanted of ['PodMonitor', 'PrometheusRule'])
        expect(all.find(({ kind }) => kind === wanted)!.metadata.labels, wanted).toMatchObject({ release: 'kps' });
    },
  ],
  [
    'PodMonitor',
    {
      podMonitor: {
        enabled: true,
        interval: '30s',
        relabelings: [{ targetLabel: 'cluster', replacement: 'c' }],
        metricRelabelings: [{ action: 'drop', regex: 'x', sourceLabels: ['__name__'] }],
      },
    },
    (all) => {
      const [endpoint] = all.find(({ kind }) => kind === 'PodMonitor')!['spec'].podMetricsEndpoints;
      expect(endpoint).toMatchObject({
        interval: '30s',
        relabelings: [{ targetLabel: 'node' }, { targetLabel: 'cluster' }],
      });
      expect(endpoint.metricRelabelings).toHaveLength(1);
    },
  ],
  [
    'rules as often as scrapes',
    { 'podMonitor.interval': '1m', 'prometheusRule.enabled': true },
    (all) => {
      const { groups } = all.find(({ kind }) => kind === 'PrometheusRule')!['spec'];
      expect(groups.map(({ interval }: { interval?: string }) => interval)).toEqual(['1m', '1m', '1m', undefined]);
    },
  ],
  [
    'dashboards',
    { grafanaDashboards: { enabled: true, labels: { dash: 'yes' }, annotations: { grafana_folder: 'Net' } } },
    (all) => {
      const maps = all.filter(({ kind }) => kind === 'ConfigMap');
      expect(maps).toHaveLength(3);
      for (const { metadata } of maps)
        expect(metadata).toMatchObject({
          labels: { dash: 'yes', grafana_dashboard: '1' },
          annotations: { grafana_folder: 'Net' },
        });
    },
  ],
  [
    'NetworkPolicy',
    { hostNetwork: false, networkPolicy: { enabled: true, from: [{ namespaceSelector: {} }] } },
    (all) => {
      const policy = all.find(({ kind }) => kind === 'NetworkPolicy')!;
      expect(policy['spec'].ingress).toEqual([
        { ports: [{ port: 10_098, protocol: 'TCP' }], from: [{ namespaceSelector: {} }] },
      ]);
    },
  ],
  [
    'port',
    { port: 9999, 'untracked.enabled': true, prometheusAnnotations: true },
    (all) => {
      const { containers, initContainers } = daemonSetOf(all)['spec'].template.spec;
      expect(containers[0]).toMatchObject({
        ports: [{ containerPort: 9999 }],
        args: ['--web.listen-address=:9999', expect.anything(), '--web.untracked'],
      });
      expect(initContainers[0].command[1].match(/port 9999/g)).toHaveLength(4);
      expect(JSON.stringify(all)).not.toContain('10098');
    },
  ],
  [
    'untracked image',
    { untracked: { enabled: true, image: 'nft:1' } },
    (all) => {
      expect(daemonSetOf(all)['spec'].template.spec.initContainers[0].image).toBe('nft:1');
    },
  ],
  [
    'Secrets of TLS',
    {
      tls: { enabled: true, secretName: 'web', scrapeSecretName: 'scrape', serverName: 'ct' },
      'podMonitor.enabled': true,
    },
    (all) => {
      const [endpoint] = all.find(({ kind }) => kind === 'PodMonitor')!['spec'].podMetricsEndpoints;
      expect(endpoint.tlsConfig).toEqual({ serverName: 'ct', ca: { secret: { name: 'scrape', key: 'ca.crt' } } });
      expect(daemonSetOf(all)['spec'].template.spec.volumes[1].secret.secretName).toBe('web');
    },
  ],
  [
    'flow sample',
    { flows: { enabled: true, sampleSize: 1_000_000, schedule: '0 * * * *', top: 5 } },
    (all) => {
      expect(agentOf(all).args.slice(2)).toEqual([
        '--collector.flows',
        '--flows.sample-size=1000000',
        '--flows.schedule=0 * * * *',
        '--flows.top=5',
      ]);
    },
  ],
  [
    'Alertmanager',
    {
      alertmanager: {
        urls: ['https://a:9093', 'https://b:9093'],
        externalLabels: { cluster: 'c' },
        keepAlive: false,
        secretName: 'am',
        caKey: 'ca.crt',
        username: 'u',
        passwordKey: 'pw',
      },
    },
    (all) => {
      expect(agentOf(all).args.slice(2)).toEqual([
        '--alertmanager.url=https://a:9093',
        '--alertmanager.url=https://b:9093',
        '--alertmanager.external-label=cluster=c',
        '--no-alertmanager.keep-alive',
        '--alertmanager.basic-auth.username=u',
        '--alertmanager.ca-file=/etc/conntrack-agent/alertmanager/ca.crt',
        '--alertmanager.basic-auth.password-file=/etc/conntrack-agent/alertmanager/pw',
      ]);
      expect(agentOf(all).volumeMounts.at(-1).mountPath).toBe('/etc/conntrack-agent/alertmanager');
    },
  ],
  [
    'Alertmanager behind a tenant header and mutual TLS',
    {
      alertmanager: {
        urls: ['https://mimir/alertmanager'],
        headers: { 'X-Scope-OrgID': '1e6' },
        headerKeys: { 'X-Api-Key': 'api-key' },
        secretName: 'am',
        certKey: 'tls.crt',
        keyKey: 'tls.key',
      },
    },
    (all) => {
      expect(agentOf(all).args.slice(2)).toEqual([
        '--alertmanager.url=https://mimir/alertmanager',
        '--alertmanager.header=X-Scope-OrgID=1e6',
        '--alertmanager.header-file=X-Api-Key=/etc/conntrack-agent/alertmanager/api-key',
        '--alertmanager.cert-file=/etc/conntrack-agent/alertmanager/tls.crt',
        '--alertmanager.key-file=/etc/conntrack-agent/alertmanager/tls.key',
      ]);
    },
  ],
  [
    'more flags',
    { extraArgs: ['--log.level=debug'], 'alarms.invalidPackets': 1_000_000, 'alarms.timeToAct': '30m' },
    (all) => {
      expect(agentOf(all).args.slice(2)).toEqual([
        '--alarm.invalid-packets=1000000',
        '--alarm.time-to-act=30m',
        '--log.level=debug',
      ]);
    },
  ],
];

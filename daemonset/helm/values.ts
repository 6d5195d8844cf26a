/** Every value of the chart. values.yaml, values.schema.json and the README of the chart are made from this table. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Option } from '../../src/config/option-values.ts';
import { OPTIONS } from '../../src/config/options.ts';
import { THRESHOLD_ENTRIES, type ThresholdRow } from '../../src/model/thresholds.ts';

/** JSON Schema, draft 7. */
export type Schema = { readonly [keyword: string]: unknown };

export type Value = {
  /** `image.tag`: where it is in values.yaml. */
  readonly name: string;
  /** What it is without being set; undefined where it is only shown as an example in a comment. */
  readonly fallback: unknown;
  readonly schema: Schema;
  /** What it is, and when to change it. Sentences, the last without its period. */
  readonly help: string;
};

const BASE = parse(readFileSync(new URL('../base/daemonset.yaml', import.meta.url), 'utf8'));
const POD = BASE.spec.template.spec;
const [AGENT] = POD.containers;
const MONITOR = parse(
  readFileSync(new URL('../components/prometheus-operator/podmonitor.yaml', import.meta.url), 'utf8'),
);
const [ENDPOINT] = MONITOR.spec.podMetricsEndpoints;
const UNTRACKED = readFileSync(new URL('../components/untracked/kustomization.yaml', import.meta.url), 'utf8');

const [, REGISTRY, REPOSITORY] = /^([^/]+)\/(.+):[^:]+$/.exec(AGENT.image)!;
export const NFT_IMAGE = /image: (\S+)/.exec(UNTRACKED)![1]!;

const BOOLEAN: Schema = { type: 'boolean' };
const TEXT: Schema = { type: 'string' };
const NAME: Schema = { type: 'string', pattern: '^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$', maxLength: 63 };
const MAP: Schema = { type: 'object' };
const TEXTS: Schema = { type: 'object', additionalProperties: TEXT };
const LIST: Schema = { type: 'array', items: MAP };
const DURATION: Schema = {
  type: 'string',
  pattern: '^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$',
  minLength: 2,
};

/** The flag's own words, so that the value and the flag cannot disagree. */
const helpOf = ({ flag, help }: Option) => `${help} (\`--${flag}\`)`;
const numberOf = ({ fallback }: Option) => Number(fallback);

function thresholdSchema({ kind, from, to }: ThresholdRow): Schema {
  return kind === 'duration' ? DURATION : { type: 'number', minimum: from, maximum: to };
}

/** `high-usage` as `highUsage`; the template turns it back. */
export function valueNameOf(flag: string): string {
  return flag.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

const ALARM_VALUES: readonly Value[] = THRESHOLD_ENTRIES.map(([key, row]) => ({
  name: `alarms.${valueNameOf(row.flag)}`,
  fallback: undefined,
  schema: thresholdSchema(row),
  help: `${helpOf(OPTIONS[key])}; ${OPTIONS[key].fallback} where it is not set`,
}));

export const VALUES: readonly Value[] = [
  {
    name: 'namespaceOverride',
    fallback: '',
    schema: NAME,
    help: 'Namespace of the objects. Empty: that of the release (`helm -n`), but `conntrack-agent` for a release in `default`, as the manifests have it',
  },
  {
    name: 'createNamespace',
    fallback: 'auto',
    schema: { enum: ['auto', 'always', 'never'] },
    help: 'Whether the namespace is made, with the Pod Security level that hostNetwork needs. auto: only where a release in `default` gets `conntrack-agent`; a namespace that Helm makes itself (`--create-namespace`) has no such level',
  },
  {
    name: 'fullnameOverride',
    fallback: '',
    schema: NAME,
    help: 'Name of the objects; empty: that of the release, with `conntrack-agent` in it',
  },
  { name: 'image.registry', fallback: REGISTRY, schema: TEXT, help: 'Registry of the image' },
  {
    name: 'image.repository',
    fallback: REPOSITORY,
    schema: { type: 'string', minLength: 1 },
    help: 'Repository in it',
  },
  { name: 'image.tag', fallback: '', schema: TEXT, help: 'Tag; empty: the application version of this chart' },
  {
    name: 'image.digest',
    fallback: '',
    schema: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
    help: 'Digest, `sha256:...`, in place of the tag: then the image cannot change under its name',
  },
  {
    name: 'image.pullPolicy',
    fallback: AGENT.imagePullPolicy,
    schema: { enum: ['Always', 'IfNotPresent', 'Never'] },
    help: 'When a node pulls it',
  },
  { name: 'imagePullSecrets', fallback: [], schema: LIST, help: 'Secrets for the registry, `[{ name: ... }]`' },
  {
    name: 'port',
    fallback: AGENT.ports[0].containerPort,
    schema: { type: 'integer', minimum: 1, maximum: 65_535 },
    help: 'Port of metrics and status page; with hostNetwork it is taken on the node itself',
  },
  {
    name: 'hostNetwork',
    fallback: true,
    schema: BOOLEAN,
    help: "In the node's network namespace. false, where that is forbidden, mounts the node's /proc and sees neither timeouts nor flows",
  },
  {
    name: 'flows.enabled',
    fallback: false,
    schema: BOOLEAN,
    help: 'Who fills the table, by a flow sample. Takes root with NET_ADMIN; the status page then shows which addresses talk to each other',
  },
  {
    name: 'flows.sampleSize',
    fallback: numberOf(OPTIONS.sampleSize),
    schema: { type: 'integer', minimum: 0, maximum: 100_000_000 },
    help: helpOf(OPTIONS.sampleSize),
  },
  {
    name: 'flows.schedule',
    fallback: OPTIONS.flowsSchedule.fallback,
    schema: { type: 'string', pattern: '^\\S+( +\\S+){4,5}$' },
    help: helpOf(OPTIONS.flowsSchedule),
  },
  {
    name: 'flows.top',
    fallback: numberOf(OPTIONS.flowsTop),
    schema: { type: 'integer', minimum: 1, maximum: 100 },
    help: helpOf(OPTIONS.flowsTop),
  },
  {
    name: 'netns.enabled',
    fallback: false,
    schema: BOOLEAN,
    help: 'The fullest network namespaces with their pods. Takes hostPID: the agent sees every process of the node',
  },
  {
    name: 'untracked.enabled',
    fallback: false,
    schema: BOOLEAN,
    help: 'Connections to the agent are not tracked, so that a scraper that was restarted can connect while the table is full. An init container with root and NET_ADMIN adds an nft table to the node',
  },
  {
    name: 'untracked.undo',
    fallback: false,
    schema: BOOLEAN,
    help: 'Takes that table away again: roll this out before you leave `untracked.enabled` out, or uninstall',
  },
  {
    name: 'untracked.image',
    fallback: NFT_IMAGE,
    schema: { type: 'string', minLength: 1 },
    help: 'Any image with nft in its PATH',
  },
  {
    name: 'tls.enabled',
    fallback: false,
    schema: BOOLEAN,
    help: 'TLS, client certificates and passwords by a web configuration, which is the key `web.yml` of a Secret',
  },
  {
    name: 'tls.secretName',
    fallback: 'conntrack-agent-web',
    schema: { type: 'string', minLength: 1 },
    help: 'That Secret, with the files it names',
  },
  {
    name: 'tls.scrapeSecretName',
    fallback: 'conntrack-agent-scrape',
    schema: { type: 'string', minLength: 1 },
    help: 'Secret for the PodMonitor: `ca.crt`, `username`, `password`',
  },
  {
    name: 'tls.serverName',
    fallback: 'conntrack-agent',
    schema: { type: 'string', minLength: 1 },
    help: 'Name in the certificate of every agent',
  },
  {
    name: 'alertmanager.urls',
    fallback: [],
    schema: { type: 'array', uniqueItems: true, items: { type: 'string', pattern: '^https?://[^@?#\\s]+$' } },
    help: `${helpOf(OPTIONS.alertmanagerUrls)}. A name is looked up while there is still headroom`,
  },
  {
    name: 'alertmanager.externalLabels',
    fallback: {},
    schema: TEXTS,
    help: `${helpOf(OPTIONS.alertLabels)}: the same ones, or the alerts do not merge`,
  },
  {
    name: 'alertmanager.keepAlive',
    fallback: true,
    schema: BOOLEAN,
    help: `${OPTIONS.keepAlive.help} (\`--[no-]alertmanager.keep-alive\`)`,
  },
  {
    name: 'alertmanager.secretName',
    fallback: '',
    schema: TEXT,
    help: 'Secret with the files of the following three, which are its keys',
  },
  { name: 'alertmanager.caKey', fallback: '', schema: TEXT, help: helpOf(OPTIONS.caFile) },
  { name: 'alertmanager.bearerTokenKey', fallback: '', schema: TEXT, help: helpOf(OPTIONS.bearerTokenFile) },
  { name: 'alertmanager.passwordKey', fallback: '', schema: TEXT, help: helpOf(OPTIONS.passwordFile) },
  {
    name: 'alertmanager.username',
    fallback: '',
    schema: { type: 'string', pattern: '^[^:]*$' },
    help: helpOf(OPTIONS.basicAuthUsername),
  },
  ...ALARM_VALUES,
  {
    name: 'extraArgs',
    fallback: [],
    schema: { type: 'array', items: { type: 'string', pattern: '^--[a-z]' } },
    help: 'More flags for the agent, such as `--log.level=debug`',
  },
  {
    name: 'prometheusAnnotations',
    fallback: false,
    schema: BOOLEAN,
    help: 'Annotations `prometheus.io/*`, for a Prometheus without the operator that follows them',
  },
  {
    name: 'podMonitor.enabled',
    fallback: false,
    schema: BOOLEAN,
    help: 'A PodMonitor; needs the CRDs of the Prometheus operator',
  },
  {
    name: 'podMonitor.interval',
    fallback: ENDPOINT.interval,
    schema: DURATION,
    help: 'How often the agents are scraped, and how often the rules about them are evaluated; well below 10 minutes, for which the agent keeps a connection',
  },
  {
    name: 'podMonitor.scrapeTimeout',
    fallback: ENDPOINT.scrapeTimeout,
    schema: DURATION,
    help: 'Time for one scrape; at most the interval',
  },
  {
    name: 'podMonitor.additionalLabels',
    fallback: {},
    schema: TEXTS,
    help: 'Labels by which a Prometheus selects PodMonitors. kube-prometheus-stack: `release: NAME`, its own release',
  },
  {
    name: 'podMonitor.relabelings',
    fallback: [],
    schema: LIST,
    help: 'More relabelings, after the one that sets `node`, such as one for `cluster`',
  },
  { name: 'podMonitor.metricRelabelings', fallback: [], schema: LIST, help: 'Relabelings of the samples' },
  {
    name: 'prometheusRule.enabled',
    fallback: false,
    schema: BOOLEAN,
    help: 'The rules of alerts/ as a PrometheusRule; needs the CRDs of the Prometheus operator',
  },
  {
    name: 'prometheusRule.additionalLabels',
    fallback: {},
    schema: TEXTS,
    help: 'Labels by which a Prometheus selects rules. kube-prometheus-stack: `release: NAME`, its own release',
  },
  {
    name: 'grafanaDashboards.enabled',
    fallback: false,
    schema: BOOLEAN,
    help: "The dashboards as ConfigMaps, for the sidecar of Grafana's Helm chart",
  },
  {
    name: 'grafanaDashboards.labels',
    fallback: { grafana_dashboard: '1' },
    schema: TEXTS,
    help: 'Labels that the sidecar looks for',
  },
  {
    name: 'grafanaDashboards.annotations',
    fallback: {},
    schema: TEXTS,
    help: 'More annotations, such as `grafana_folder`',
  },
  {
    name: 'openshift.enabled',
    fallback: false,
    schema: BOOLEAN,
    help: 'SecurityContextConstraints, without which OpenShift runs no pod like these',
  },
  {
    name: 'networkPolicy.enabled',
    fallback: false,
    schema: BOOLEAN,
    help: "A NetworkPolicy that lets in nothing but the port. Only with `hostNetwork: false`: others do not see pods in the node's network namespace",
  },
  {
    name: 'networkPolicy.from',
    fallback: [],
    schema: LIST,
    help: 'Who may connect, as in `ingress.from` of a NetworkPolicy; empty: everyone',
  },
  {
    name: 'serviceAccount.create',
    fallback: true,
    schema: BOOLEAN,
    help: 'An account without rights and without a token',
  },
  {
    name: 'serviceAccount.name',
    fallback: '',
    schema: TEXT,
    help: 'Its name; empty: that of the objects, or `default` where none is made',
  },
  { name: 'serviceAccount.annotations', fallback: {}, schema: TEXTS, help: 'Its annotations' },
  { name: 'podAnnotations', fallback: {}, schema: TEXTS, help: 'More annotations of the pods' },
  { name: 'podLabels', fallback: {}, schema: TEXTS, help: 'More labels of the pods' },
  {
    name: 'updateStrategy',
    fallback: BASE.spec.updateStrategy,
    schema: MAP,
    help: 'How a new version is rolled out; on 5,000 nodes one at a time would take a day',
  },
  { name: 'priorityClassName', fallback: POD.priorityClassName, schema: TEXT, help: 'Evicted after everything else' },
  {
    name: 'tolerations',
    fallback: POD.tolerations,
    schema: LIST,
    help: 'On every node: control plane, tainted, not ready, out of memory',
  },
  { name: 'nodeSelector', fallback: POD.nodeSelector, schema: TEXTS, help: 'On which nodes' },
  {
    name: 'affinity',
    fallback: POD.affinity,
    schema: MAP,
    help: 'Not on Fargate, which takes no DaemonSet, and not on virtual kubelets, which have no kernel',
  },
  {
    name: 'resources',
    fallback: AGENT.resources,
    schema: MAP,
    help: 'No limit of processor time: throttled, the agent misses the burst it is there for',
  },
  {
    name: 'securityContext',
    fallback: {},
    schema: MAP,
    help: "In place of the container's: no capability but NET_ADMIN for `flows`, read-only root. Empty: that",
  },
  {
    name: 'podSecurityContext',
    fallback: {},
    schema: MAP,
    help: "In place of the pod's: uid 65532, root for `flows`. Empty: that",
  },
];

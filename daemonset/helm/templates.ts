/** The templates of the chart, out of the manifests of kustomize: its base, and its components under the conditions of the values. */
import { readFileSync } from 'node:fs';
import { include, named, onlyIf, orElse, text, textOf, values, withMore } from './edits.ts';
import { patch } from './patches.ts';
import { at, type ListTree, type MapTree, treeOf } from './tree.ts';
import { NFT_IMAGE } from './values/manifest-defaults.ts';

/** Components that change objects of others, in the order in which kustomize lists them; `tls` is last, as README.md asks. */
const CONDITIONS: Readonly<Record<string, string>> = {
  flows: '.Values.flows.enabled',
  netns: '.Values.netns.enabled',
  'no-host-network': 'not .Values.hostNetwork',
  'prometheus-annotations': '.Values.prometheusAnnotations',
  untracked: '.Values.untracked.enabled',
  'untracked-undo': '.Values.untracked.undo',
  tls: '.Values.tls.enabled',
};

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

export function daemonSetTemplate(): string {
  const object = patched('base/daemonset.yaml');
  named(object);
  include(object, 'spec.selector.matchLabels', 'selectorLabels');
  include(object, 'spec.template.metadata.labels', 'podLabels');
  values(object, 'spec.updateStrategy', 'updateStrategy');
  withMore(object, 'spec.template.metadata.annotations', '.Values.podAnnotations');
  const pod = 'spec.template.spec';
  text(object, `${pod}.serviceAccountName`, '{{ include "conntrack-agent.serviceAccountName" . | quote }}');
  for (const key of ['tolerations', 'nodeSelector', 'affinity']) values(object, `${pod}.${key}`, key);
  text(object, `${pod}.priorityClassName`, '{{ .Values.priorityClassName | quote }}');
  orElse(object, `${pod}.securityContext`, 'podSecurityContext');
  const spec = at(object, pod) as MapTree;
  spec.entries.unshift({
    key: 'imagePullSecrets',
    comment: '',
    when: '.Values.imagePullSecrets',
    value: { kind: 'expression', expression: 'toYaml .Values.imagePullSecrets' },
  });
  const agent = `${pod}.containers.0`;
  text(object, `${agent}.image`, '{{ include "conntrack-agent.image" . | quote }}');
  text(object, `${agent}.imagePullPolicy`, '{{ .Values.image.pullPolicy | quote }}');
  values(object, `${agent}.resources`, 'resources');
  orElse(object, `${agent}.securityContext`, 'securityContext');
  (at(object, `${agent}.args`) as ListTree).more.push(
    '{{- with include "conntrack-agent.args" . | trim }}',
    '{{- . | nindent $INDENT }}',
    '{{- end }}',
  );
  secretVolume(object, agent, pod);
  return ported(onlyIf(undefined, textOf(object))).replaceAll(NFT_IMAGE, '{{ .Values.untracked.image | quote }}');
}

/** The files for Alertmanager, which kustomize leaves to a patch of one's own. */
function secretVolume(object: MapTree, agent: string, pod: string): void {
  const when = '.Values.alertmanager.secretName';
  (at(object, `${agent}.volumeMounts`) as ListTree).items.push({
    comment: '',
    when,
    value: treeOf('name: alertmanager\nmountPath: /etc/conntrack-agent/alertmanager\nreadOnly: true\n'),
  });
  const volume = treeOf('name: alertmanager\nsecret:\n  secretName: x\n  defaultMode: 0440\n');
  text(volume, 'secret.secretName', '{{ .Values.alertmanager.secretName | quote }}');
  (at(object, `${pod}.volumes`) as ListTree).items.push({ comment: '', when, value: volume });
}

export function serviceAccountTemplate(): string {
  const object = treeOf(read('base/serviceaccount.yaml'));
  named(object, 'conntrack-agent.serviceAccountName');
  (at(object, 'metadata') as MapTree).entries.push({
    key: 'annotations',
    comment: '',
    when: '.Values.serviceAccount.annotations',
    value: { kind: 'expression', expression: 'toYaml .Values.serviceAccount.annotations' },
  });
  return onlyIf('.Values.serviceAccount.create', textOf(object));
}

/** For the class of the release; kube-system has one of its own where a cluster guards the class. */
export function resourceQuotaTemplate(): string {
  const object = treeOf(read('base/resourcequota.yaml'));
  named(object);
  text(object, 'spec.scopeSelector.matchExpressions.0.values.0', '{{ .Values.priorityClassName | quote }}');
  return onlyIf('include "conntrack-agent.createsQuota" .', textOf(object));
}

export function namespaceTemplate(): string {
  const object = treeOf(read('base/namespace.yaml'));
  const labels = at(object, 'metadata.labels') as MapTree;
  const podSecurity = labels.entries.filter(({ key }) => key.startsWith('pod-security'));
  named(object, 'conntrack-agent.namespace', false);
  (at(object, 'metadata.labels') as MapTree).entries.push(...podSecurity);
  return onlyIf('include "conntrack-agent.createsNamespace" .', textOf(object));
}

export function podMonitorTemplate(): string {
  const object = patched('components/prometheus-operator/podmonitor.yaml');
  named(object);
  withMore(object, 'metadata.labels', '.Values.podMonitor.additionalLabels');
  include(object, 'spec.selector.matchLabels', 'selectorLabels');
  const endpoint = 'spec.podMetricsEndpoints.0';
  text(object, `${endpoint}.interval`, '{{ .Values.podMonitor.interval | quote }}');
  text(object, `${endpoint}.scrapeTimeout`, '{{ .Values.podMonitor.scrapeTimeout | quote }}');
  withMore(object, `${endpoint}.relabelings`, '.Values.podMonitor.relabelings');
  (at(object, endpoint) as MapTree).entries.push({
    key: 'metricRelabelings',
    comment: '',
    when: '.Values.podMonitor.metricRelabelings',
    value: { kind: 'expression', expression: 'toYaml .Values.podMonitor.metricRelabelings' },
  });
  return ported(onlyIf('.Values.podMonitor.enabled', textOf(object)));
}

export function sccTemplate(): string {
  const object = patched('components/openshift/securitycontextconstraints.yaml');
  // Of the cluster, not of a namespace: two releases would have the same.
  named(object, 'conntrack-agent.clusterName', false);
  const account = '{{ include "conntrack-agent.namespace" . }}:{{ include "conntrack-agent.serviceAccountName" . }}';
  text(object, 'users.0', `"system:serviceaccount:${account}"`);
  return onlyIf('.Values.openshift.enabled', textOf(object));
}

/** The DaemonSet of the base with what the components change. */
export function patchedDaemonSet(): MapTree {
  return patched('base/daemonset.yaml');
}

function patched(path: string): MapTree {
  const object = treeOf(read(path));
  const kind = (at(object, 'kind') as { text: string }).text;
  for (const [name, condition] of Object.entries(CONDITIONS))
    patch(object, kind, read(`components/${name}/kustomization.yaml`), condition);
  return object;
}

/** What else is a value wherever it stands. */
export function ported(template: string): string {
  return template
    .replaceAll(/(containerPort: |web\.listen-address=:|dport |sport |conntrack_agent_)10098/g, '$1{{ .Values.port }}')
    .replaceAll('"10098"', '{{ .Values.port | quote }}')
    .replaceAll('secretName: conntrack-agent-web', 'secretName: {{ .Values.tls.secretName | quote }}')
    .replaceAll('name: conntrack-agent-scrape', 'name: {{ .Values.tls.scrapeSecretName | quote }}')
    .replaceAll('serverName: conntrack-agent', 'serverName: {{ .Values.tls.serverName | quote }}');
}

/** Manifests against the schemas of Kubernetes and of the Prometheus operator. */
import { PodMonitor, PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import { DaemonSet } from 'kubernetes-models/apps/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { ConfigMap, Namespace, ResourceQuota, ServiceAccount } from 'kubernetes-models/v1';
import type { Manifest } from './manifests.ts';

const MODELS = {
  ConfigMap,
  DaemonSet,
  Namespace,
  NetworkPolicy,
  ResourceQuota,
  ServiceAccount,
  PodMonitor,
  PrometheusRule,
} as const;

/** Of OpenShift's API, security.openshift.io/v1, which no package describes. */
const SCC_FIELDS = [
  ...[
    'apiVersion',
    'kind',
    'metadata',
    'users',
    'groups',
    'allowHostNetwork',
    'allowHostPorts',
    'allowHostPID',
    'allowHostIPC',
  ],
  ...['allowHostDirVolumePlugin', 'allowPrivilegedContainer', 'allowPrivilegeEscalation', 'readOnlyRootFilesystem'],
  ...[
    'allowedCapabilities',
    'defaultAddCapabilities',
    'requiredDropCapabilities',
    'runAsUser',
    'seLinuxContext',
    'fsGroup',
  ],
  ...['supplementalGroups', 'seccompProfiles', 'volumes'],
];

/** What the API server would refuse, or drop without a word. */
export function schemaProblems(manifest: Manifest): string[] {
  if (manifest.kind === 'SecurityContextConstraints')
    return Object.keys(manifest).filter((field) => !SCC_FIELDS.includes(field));
  const refusal = refusalOf(manifest);
  return refusal === undefined ? unknownFields(manifest) : [refusal];
}

function refusalOf(manifest: Manifest): string | undefined {
  const Model = MODELS[manifest.kind as keyof typeof MODELS];
  if (Model === undefined) return `no schema for a ${manifest.kind}`;
  try {
    // Each model takes its own type; what the text holds is what is to be found out.
    new Model(manifest as never).validate();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * The schemas pass over fields they do not know. So each field in turn gets a value that no type has, a function: a field that
 * nobody misses a type in is not in the schema.
 */
export function unknownFields(manifest: Manifest): string[] {
  const copy = structuredClone(manifest);
  const unknown: string[] = [];
  const walk = (value: unknown, path: string) => {
    if (typeof value !== 'object' || value === null) return;
    const holder = value as Record<string, unknown>;
    for (const [key, kept] of Object.entries(holder)) {
      const at = `${path}/${key}`;
      holder[key] = () => undefined;
      const isKnown = refusalOf(copy) !== undefined;
      holder[key] = kept;
      if (isKnown) walk(kept, at);
      else unknown.push(at);
    }
  };
  walk(copy, '');
  return unknown;
}

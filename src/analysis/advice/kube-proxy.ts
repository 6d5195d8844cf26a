import { type Snapshot, timeoutOf } from './snapshot.ts';

/** Defaults of conntrack.maxPerCore and conntrack.min (kubernetes pkg/proxy/apis/config/v1alpha1/defaults.go). */
const MAX_PER_CPU = 32_768;
const MIN = 131_072;

/** What kube-proxy sets nf_conntrack_max to unless told otherwise (cmd/kube-proxy/app, getConntrackMax). */
export function kubeProxyLimit(cpus: number): number {
  return Math.max(MAX_PER_CPU * cpus, MIN);
}

/** Its two timeouts: nobody else is likely to have set both to its defaults of 24 h and 1 h. */
export function bearsKubeProxyMarks(snapshot: Snapshot): boolean {
  return timeoutOf(snapshot, 'tcp', 'established') === 86_400 && timeoutOf(snapshot, 'tcp', 'close_wait') === 3600;
}

/** Where a value has to be set to last on a node with kube-proxy, which sets it once more at each start. */
export const KUBE_PROXY_LIMIT =
  'kube-proxy overrides the limit at each start, upwards and downwards: set conntrack.maxPerCore and conntrack.min in its configuration (--conntrack-max-per-core, --conntrack-min), or maxPerCore: 0 to have it leave the limit alone';

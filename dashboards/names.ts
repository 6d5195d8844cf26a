/** Names for addresses, from kube-state-metrics: one for each address, or the join would fail. */
import { OF_CLUSTER } from './expressions.ts';

/**
 * `name` for `address`, `of` is the kind. Pods on the host's network share its address and would each claim its flows, so those
 * addresses are the node's. Finished pods keep theirs in kube_pod_info: of several the first is taken.
 */
function named(of: string, metric: string, label: string, parts: readonly string[]): string {
  const joined = `label_join(${metric}{${OF_CLUSTER}}, "name", "/", ${parts.map((part) => `"${part}"`).join(', ')})`;
  const keyed = `label_replace(label_replace(${joined}, "address", "$1", "${label}", "(.+)"), "of", "${of}", "", "")`;
  return `group by (cluster, address, name, of) (${keyed})`;
}

const NODES = named('node', 'kube_node_info', 'internal_ip', ['node']);
const PODS = named('pod', 'kube_pod_info', 'pod_ip', ['namespace', 'pod']);
const SERVICES = named('service', 'kube_service_info', 'cluster_ip', ['namespace', 'service']);

const NAMES = `topk by (cluster, address) (1, (${NODES} or on (cluster, address) ${PODS} or on (cluster, address) ${SERVICES}))`;

/** The first of a ranking, with the labels `name` and `of` where they are known, and without them elsewhere. */
export function withNames(flows: string, count: number): string {
  return `topk(${count}, (${flows} * on (cluster, address) group_left (name, of) ${NAMES}) or ignoring (name, of) ${flows})`.replaceAll(
    /\s+/g,
    ' ',
  );
}

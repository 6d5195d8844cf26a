/** Selectors and turns of PromQL that more than one panel needs. */

/** Of series recorded by the rules, and of kube-state-metrics. */
export const OF_CLUSTER = 'cluster=~"$cluster"';
/** Of the agents' own series. By job, because others export a conntrack_entries too: GKE's netd does. */
export const OF_FLEET = `job=~".*conntrack-agent.*", ${OF_CLUSTER}`;
export const OF_NODE = `${OF_FLEET}, node=~"$node"`;

/** As long as the alarm insert_failures looks back. */
export const TEN_MINUTES = '10m';

/** One series a node, however many agents or replicas of Prometheus tell of it. */
export function byNode(series: string, aggregate: 'max' | 'min' = 'max'): string {
  return `${aggregate} by (cluster, node) (${series})`;
}

/** A count that is 0 where there are nodes but none of these, and absent where there are no nodes at all. */
export function countOf(matching: string, among: string): string {
  return `count(${matching}) or 0 * count(${among})`;
}

/** A line at a number that is written down in the rules; absent where `among` is. */
export function constantLine(value: number, among: string): string {
  return `${value} + 0 * max(${among})`;
}

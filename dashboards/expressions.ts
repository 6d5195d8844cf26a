/** Selectors and turns of PromQL that more than one panel needs. */

/** Of series recorded by alerts/, which are named by cluster and node. */
export const OF_CLUSTER = 'cluster=~"$cluster"';
export const OF_NODE = `${OF_CLUSTER}, node=~"$node"`;
/** Of the agents' own series, which may have no label `node`: the hidden variable knows the instances of the nodes chosen. */
export const OF_AGENT = `${OF_CLUSTER}, instance=~"$instance"`;

/** Names series by `node` where they carry it, else by `instance` without its port: as the rules do. */
export function namedByNode(expr: string): string {
  const joined = `label_join(${expr}, "node", ";", "node", "instance")`;
  return `label_replace(${joined}, "node", "$1$2", "node", "([^;]+);.*|;(.+?)(?::[0-9]+)?")`;
}

/** A count that is 0 where there are nodes but none of these, and absent where there are no nodes at all. */
export function countOf(matching: string, among: string): string {
  return `count(${matching}) or 0 * count(${among})`;
}

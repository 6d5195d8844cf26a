import type { Advice } from './advice.ts';
import type { Snapshot } from './snapshot.ts';

/** Whether the numbers are the node's at all. */
export function adviceOnNamespace({ netns, entries }: Snapshot): Advice[] {
  if (netns.inHostNetns === true) return [ours(netns.why)];
  return [netns.inHostNetns === false ? foreign(netns.why) : unknown(netns.why, entries === 0)];
}

const SHARE_IT = 'Set hostNetwork: true in the pod (podman, docker: --network=host), or run this on the node itself';

function ours(why: string): Advice {
  const title = "This is the node's network namespace";
  return { id: 'namespace-own', severity: 'ok', title, seen: [why], meaning: '', remedy: [], sysctls: [] };
}

function foreign(why: string): Advice {
  return {
    id: 'namespace-foreign',
    severity: 'critical',
    title: "This is not the node's network namespace",
    seen: [why],
    meaning: "Every namespace has a table of its own, and this one's is not the node's: nothing else can be said",
    remedy: [SHARE_IT],
    sysctls: [],
  };
}

/** An empty table is what a reader in a pod's namespace sees, and takes for health. */
function unknown(why: string, isEmpty: boolean): Advice {
  return {
    id: 'namespace-unknown',
    severity: isEmpty ? 'warning' : 'ok',
    title: "Whether this is the node's network namespace is not known",
    seen: [why],
    meaning: isEmpty ? "The table is empty, as a pod's would be while the node's is full" : '',
    remedy: isEmpty ? ["Give the node's address: --node.ip, or NODE_IP from status.hostIP", SHARE_IT] : [],
    sysctls: [],
  };
}

import type { Datapath } from '../model/datapath.ts';
import type { NetnsEntries } from '../model/reading.ts';
import type { Status } from '../model/status.ts';
import type { Family, Scalar, Series } from './family.ts';

/** What surrounds the table: the cloud's own, kube-proxy, and who carries the pods' connections. Nodes without these have no such series. */

export const KUBE_PROXY = [
  {
    name: 'conntrack_kube_proxy_limit',
    type: 'gauge',
    help: 'Limit after the next start of kube-proxy, by what it tells of its settings; only with --collector.kube-proxy',
    value: ({ kubeProxyLimit }) => kubeProxyLimit,
  },
] as const satisfies readonly Scalar<Status>[];

export const CLOUD_AVAILABLE = {
  name: 'conntrack_cloud_allowance_available',
  type: 'gauge',
  labels: ['device'],
  help: 'Connections that the cloud can still track for the instance, as each network interface tells it: one number, never a sum; AWS only',
} as const satisfies Family;

export const CLOUD_EXCEEDED = {
  name: 'conntrack_cloud_allowance_exceeded_total',
  type: 'counter',
  labels: ['device'],
  help: 'Packets that the cloud dropped because it could track no more connections; AWS only',
} as const satisfies Family;

export const CLOUD = [
  {
    name: 'conntrack_cloud_allowance_time_to_full_seconds',
    type: 'gauge',
    help: "Time until the cloud's allowance of connections is used up, by its shrinking within the last minute; +Inf when it does not shrink; AWS only",
    value: ({ cloud }) => cloud?.secondsUntilExceeded,
  },
] as const satisfies readonly Scalar<Status>[];

type Of = 'available' | 'exceeded';

/** A device that does not tell it has no series. */
export function cloudSeries({ cloud }: Pick<Status, 'cloud'>, of: Of): Series<'device'>[] {
  return (cloud?.devices ?? []).flatMap(({ device, [of]: value }) => {
    return value === undefined ? [] : [{ labels: { device }, value }];
  });
}

export const DATAPATH = {
  name: 'conntrack_agent_datapath_info',
  type: 'gauge',
  labels: ['cni', 'proxy', 'carries'],
  help: "Always 1; its labels say what carries the pods' connections, as far as any user may see: nf_conntrack (the table), bpf, mixed or unknown",
} as const satisfies Family;

export function datapathSeries(datapath: Datapath | undefined): Series<'cni' | 'proxy' | 'carries'>[] {
  if (datapath === undefined) return [];
  const { cni, proxy, carries } = datapath;
  return [{ labels: { cni, proxy, carries }, value: 1 }];
}

/** The family of the fullest network namespaces. */

/** Namespaces that get a series, as many as keys of a ranking do. */
const TOP_SERIES = 20;

export const NETNS_ENTRIES = {
  name: 'conntrack_netns_entries',
  type: 'gauge',
  labels: ['netns', 'pod_uid'],
  help: 'Entries of the fullest network namespaces: netns is the inode of /proc/PID/net/dev, pod_uid is empty where it is no pod',
} as const satisfies Family;

/** `--flows.top` namespaces, at most 20 as in the rankings. There is no series before the first scan, nor after one that failed. */
export function netnsSeries(top: readonly NetnsEntries[] | undefined): Series<'netns' | 'pod_uid'>[] {
  return (top ?? []).slice(0, TOP_SERIES).map(({ inode, podUid, entries }) => ({
    labels: { netns: String(inode), pod_uid: podUid ?? '' },
    value: entries,
  }));
}

import type { CloudStatus } from '../model/cloud-allowance.ts';
import { type Family, family, type Publication, type Series, single } from './family.ts';

/** What surrounds the table: the cloud's own, and kube-proxy. Nodes without these have no such series. */
export const NODE_FAMILIES: readonly Family[] = [
  family({
    name: 'conntrack_kube_proxy_limit',
    type: 'gauge',
    help: 'Limit after the next start of kube-proxy, by what it tells of its settings; only with --collector.kube-proxy',
    labels: [],
    series: ({ status }) => single(status.kubeProxyLimit),
  }),
  family({
    name: 'conntrack_cloud_allowance_available',
    type: 'gauge',
    help: 'Connections that the cloud can still track for the instance, as each network interface tells it: one number, never a sum; AWS only',
    labels: ['device'],
    series: (publication) => cloudSeries(publication, 'available'),
  }),
  family({
    name: 'conntrack_cloud_allowance_exceeded_total',
    type: 'counter',
    help: 'Packets that the cloud dropped because it could track no more connections; AWS only',
    labels: ['device'],
    series: (publication) => cloudSeries(publication, 'exceeded'),
  }),
  family({
    name: 'conntrack_cloud_allowance_time_to_full_seconds',
    type: 'gauge',
    help: "Time until the cloud's allowance of connections is used up, by its shrinking within the last minute; +Inf when it does not shrink; AWS only",
    labels: [],
    series: ({ status }) => single(status.cloud?.secondsUntilExceeded),
  }),
];

function cloudSeries(
  { status }: Publication,
  member: keyof CloudStatus['devices'][number] & ('available' | 'exceeded'),
): Series<'device'>[] {
  return (status.cloud?.devices ?? []).map(({ device, [member]: value }) => ({ labels: { device }, value }));
}

/** Namespaces that get a series, as many as keys of a ranking do. */
const TOP_SERIES = 20;

export const NETNS_FAMILIES: readonly Family[] = [
  family({
    name: 'conntrack_netns_entries',
    type: 'gauge',
    help: 'Entries of the fullest network namespaces: netns is the inode of /proc/PID/net/dev, pod_uid is empty where it is no pod',
    labels: ['netns', 'pod_uid'],
    // `--flows.top` namespaces. There is no series before the first scan, nor after one that failed.
    series: ({ fullest = [] }) =>
      fullest.slice(0, TOP_SERIES).map(({ inode, podUid, entries }) => ({
        labels: { netns: String(inode), pod_uid: podUid ?? '' },
        value: entries,
      })),
  }),
];

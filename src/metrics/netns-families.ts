/** The family of the fullest network namespaces. */
import type { NetnsEntries } from '../model/reading.ts';
import type { Family, Series } from './family.ts';

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

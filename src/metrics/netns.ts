import type { NetnsEntries } from '../model/reading.ts';
import type { Family, Series } from './family.ts';
import { TOP_SERIES } from './flows.ts';

export const NETNS_ENTRIES = {
  name: 'conntrack_netns_entries',
  type: 'gauge',
  labels: ['netns', 'pod_uid'],
  help: 'Entries of the fullest network namespaces: netns is the inode of /proc/PID/net/dev, pod_uid is empty where it is no pod',
} as const satisfies Family;

/** `--flows.top` of them, as in the rankings 20 at most; no series before the first scan, and none after one that failed. */
export function netnsSeries(top: readonly NetnsEntries[] | undefined): Series<'netns' | 'pod_uid'>[] {
  return (top ?? []).slice(0, TOP_SERIES).map(({ inode, podUid, entries }) => ({
    labels: { netns: String(inode), pod_uid: podUid ?? '' },
    value: entries,
  }));
}

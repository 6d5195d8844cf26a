import { describe, expect, it } from 'vitest';
import { seriesOf } from './publication.ts';

const row = (inode: number, podUid?: string) => {
  return { inode, pid: inode, entries: 7, podUid, containerId: undefined, isNode: false, programs: [] };
};

describe('conntrack_netns_entries', () => {
  it('has no series before a scan', () => {
    expect(seriesOf('conntrack_netns_entries', {})).toEqual([]);
  });

  it('names the namespace by its inode, and leaves the pod empty where there is none', () => {
    expect(seriesOf('conntrack_netns_entries', { fullest: [row(4026532083, 'u-1'), row(4026531874)] })).toEqual([
      { labels: { netns: '4026532083', pod_uid: 'u-1' }, value: 7 },
      { labels: { netns: '4026531874', pod_uid: '' }, value: 7 },
    ]);
  });

  it('has at most twenty series, as the rankings of the flow sample have', () => {
    expect(
      seriesOf('conntrack_netns_entries', { fullest: Array.from({ length: 100 }, (_, i) => row(i)) }),
    ).toHaveLength(20);
  });
});

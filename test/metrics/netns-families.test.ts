import { describe, expect, it } from 'vitest';
import { netnsSeries } from '../../src/metrics/node-families.ts';

const row = (inode: number, podUid?: string) => {
  return { inode, pid: inode, entries: 7, podUid, containerId: undefined, isNode: false, programs: [] };
};

describe('netnsSeries()', () => {
  it('has nothing to show before a scan', () => {
    expect(netnsSeries(undefined)).toEqual([]);
  });

  it('names the namespace by its inode, and leaves the pod empty where there is none', () => {
    expect(netnsSeries([row(4026532083, 'u-1'), row(4026531874)])).toEqual([
      { labels: { netns: '4026532083', pod_uid: 'u-1' }, value: 7 },
      { labels: { netns: '4026531874', pod_uid: '' }, value: 7 },
    ]);
  });

  it('shows twenty at most, as the rankings of the flow sample do', () => {
    expect(netnsSeries(Array.from({ length: 100 }, (_, i) => row(i)))).toHaveLength(20);
  });
});

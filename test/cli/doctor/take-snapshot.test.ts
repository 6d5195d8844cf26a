import { describe, expect, it } from 'vitest';
import { takeSnapshot } from '../../../src/cli/doctor/take-snapshot.ts';
import { NodeReader } from '../../../src/host/node-reader.ts';
import { ProcFs } from '../../../src/host/procfs/proc-fs.ts';
import { DEFAULT_THRESHOLDS } from '../../../src/model/alarms/thresholds.ts';
import { FakeNode, STAT_HEADER } from '../../fake-node.ts';

function lookOf(node: FakeNode, lookMs: number) {
  const proc = new ProcFs(node.procRoot);
  const reader = new NodeReader({ proc, clock: () => performance.now(), counters: { fallBack: true } });
  const options = { nodeIp: undefined, sampleMs: 5, lookMs, countersAreWanted: true, hasNetAdmin: false };
  const thresholds = DEFAULT_THRESHOLDS;
  return takeSnapshot({ proc, reader, clock: () => performance.now(), thresholds, ...options }).finally(() =>
    reader.close(),
  );
}

describe('takeSnapshot()', () => {
  it('finds the peak between its two ends, and what the counters grew by in the look', async () => {
    await using node = await FakeNode.create({
      entries: 10,
      limit: 100,
      counters: [{ drop: 7 }, { drop: 2 ** 32 - 1 }],
    });
    const [snapshot] = await Promise.all([
      lookOf(node, 600),
      node.play([
        { afterMs: 150, entries: 99, counters: [{ drop: 9 }, { drop: 2 ** 32 + 2, insert_failed: 1 }] },
        { afterMs: 150, entries: 12 },
      ]),
    ]);
    expect(snapshot).toMatchObject({ entries: 12, limit: 100, peak: 99, moduleIsLoaded: true });
    expect(snapshot.snapshotSeconds).toBeGreaterThanOrEqual(0.6);
    const { grown, sinceBoot, tableFullDrops, tableFullDropsSinceBoot } = snapshot.counters!;
    expect([grown.get('drop'), sinceBoot.get('drop')]).toEqual([5, 2 ** 32 + 11]);
    expect([tableFullDrops, tableFullDropsSinceBoot]).toEqual([4, 2 ** 32 + 10]);
  });

  it('does not make up counters, memory, CPUs or kernel that the node does not tell of', async () => {
    await using node = await FakeNode.create({ fixture: 'ubuntu-5.15-no-stat-file' });
    for (const path of ['meminfo', 'sys/kernel/osrelease']) node.remove(path);
    const snapshot = await lookOf(node, 0);
    const { counters, memory, cpus, kernel, uptimeSeconds } = snapshot;
    expect({ counters, memory, cpus, kernel, uptimeSeconds }).toEqual({});
  });

  it('knows an absent module from a file that cannot be understood', async () => {
    await using node = await FakeNode.create({ header: STAT_HEADER.clashres });
    for (const file of ['count', 'max', 'buckets']) node.write(`sys/net/netfilter/nf_conntrack_${file}`, 'x');
    const broken = await lookOf(node, 0);
    expect(broken).toMatchObject({ moduleIsLoaded: true, entries: undefined, peak: undefined });
    expect(broken.sources[0]!.problem).toEqual({
      message: expect.stringContaining('it says "x"'),
      remedy: expect.any(String),
    });
    node.unloadModule();
    expect((await lookOf(node, 0)).moduleIsLoaded).toBe(false);
  });
});

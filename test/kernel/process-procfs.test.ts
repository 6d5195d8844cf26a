import { describe, expect, it } from 'vitest';
import { NodeReader } from '../../src/host/node-reader.ts';
import { ProcFs } from '../../src/host/procfs/proc-fs.ts';
import { needs } from '../needs.ts';
import { fill } from './lab/flood.ts';
import { labOfTest } from './lab/lab-of-test.ts';
import { readLimit } from './lab/limit.ts';

describe('NodeReader on the procfs of one process', () => {
  it('tells count, limit and buckets of its namespace from outside, and no timeout of another', async (context) => {
    needs(context, 'root', 'nf_conntrack', 'ip', 'nft');
    const lab = await labOfTest({ udpTimeoutSeconds: 60 });
    const process = lab.spawnIn('node', 'sleep', ['60']);
    await fill(lab, 500);
    const read = (root: string) => {
      const reader = new NodeReader({
        proc: new ProcFs(root),
        clock: () => performance.now(),
        counters: { fallBack: true },
      });
      const reading = { ...reader.read(), sampled: reader.sample().entries };
      reader.close();
      return reading;
    };
    const ofProcess = read(`/proc/${process.pid}`);
    const ours = read('/proc');
    expect(ofProcess.entries).toBeGreaterThanOrEqual(500);
    expect([ofProcess.entries, ofProcess.sampled]).toEqual([await lab.entries(), await lab.entries()]);
    expect(ours.entries, 'the reader stands in another namespace, or this proves nothing').toBeLessThan(500);
    expect([ofProcess.limit, ofProcess.buckets]).toEqual([readLimit(), ours.buckets]);
    expect(ofProcess.timeouts).toEqual([]);
    expect(ofProcess.sources.map(({ source, via, up }) => [source, via, up])).toEqual([
      ['entries', 'procfs', true],
      ['limit', 'sysctl', true],
      ['buckets', 'sysctl', true],
      ['timeouts', 'sysctl', false],
      ['counters', 'procfs', true],
    ]);
  });
});

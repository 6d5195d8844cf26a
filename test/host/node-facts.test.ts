import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readCpuCount, readMeminfo, readUptime } from '../../src/host/node-facts.ts';
import { ProcFs } from '../../src/host/proc-fs.ts';
import { FakeNode } from '../fake-node.ts';

const procOf = (node: string) => new ProcFs(fileURLToPath(new URL(`../fixtures/nodes/${node}/proc`, import.meta.url)));

describe('readCpuCount()', () => {
  it('counts the CPUs and not their sum', () => expect(readCpuCount(procOf('small-gateway'))).toBe(2));
  it('is undefined where there is no stat', () => expect(readCpuCount(procOf('debian-6.1'))).toBeUndefined());
});

describe('readUptime()', () => {
  it('reads seconds', () => expect(readUptime(procOf('small-gateway'))).toBe(3_542_400.52));
  it('is undefined where there is none', () => expect(readUptime(procOf('debian-6.1'))).toBeUndefined());
});

describe('readMeminfo()', () => {
  it("is that of the procfs it is given, not of this machine's", () => {
    const memory = { totalBytes: 1_014_120 * 1024, availableBytes: 301_220 * 1024 };
    expect(readMeminfo(procOf('small-gateway'))).toEqual(memory);
  });

  it.each(['', 'MemTotal: 5 kB\n', 'MemTotal: many kB\nMemAvailable: 5 kB\n'])('is undefined for %j', async (text) => {
    await using node = await FakeNode.create();
    node.write('meminfo', text);
    expect(readMeminfo(new ProcFs(node.procRoot))).toBeUndefined();
  });
});

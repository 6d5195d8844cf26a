import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  readCpuCount,
  readDropHasInsertFailures,
  readMeminfo,
  readMemory,
  readUptime,
} from '../../../src/host/procfs/node-facts.ts';
import { ProcFs } from '../../../src/host/procfs/proc-fs.ts';
import { FakeNode } from '../../fake-node.ts';

const procOf = (node: string) =>
  new ProcFs(fileURLToPath(new URL(`../../fixtures/nodes/${node}/proc`, import.meta.url)));

describe('readCpuCount()', () => {
  it('counts the CPUs and not their sum', () => expect(readCpuCount(procOf('small-gateway'))).toBe(2));
  it('is undefined where there is no stat', () => expect(readCpuCount(procOf('debian-6.1'))).toBeUndefined());
});

describe('readUptime()', () => {
  it('reads seconds', () => expect(readUptime(procOf('small-gateway'))).toBe(3_542_400.52));
  it('is undefined where there is none', () => expect(readUptime(procOf('debian-6.1'))).toBeUndefined());
});

describe('readDropHasInsertFailures()', () => {
  it.each([
    ['4.4.0-210-generic', false],
    ['4.6.7', false],
    ['4.7.0', true],
    ['6.18.1', true],
    ['3.10.108', false],
    ['3.10.0-1160.15.2.el7.x86_64', true], // It has the commit of 4.7.
    ['something else', true],
  ])('of %s is %s', async (text, has) => {
    await using node = await FakeNode.create();
    node.write('sys/kernel/osrelease', `${text}\n`);
    expect(readDropHasInsertFailures(new ProcFs(node.procRoot))).toBe(has);
  });
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

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Runs a script in a Node whose every way to start a process is counted; what it prints is the count. */
function processesStartedBy(script: string): number {
  const program = `
    import childProcess from 'node:child_process';
    import { syncBuiltinESMExports } from 'node:module';
    let started = 0;
    for (const name of ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork']) {
      const original = childProcess[name];
      childProcess[name] = (...args) => { started += 1; return original(...args); };
    }
    syncBuiltinESMExports();
    ${script}
    process.stdout.write(String(started));`;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', program];
  return Number(execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' }));
}

describe('readMemory()', () => {
  it('says what /proc/meminfo says', async () => {
    const { totalBytes, availableBytes } = await readMemory();
    const kilobytes = /^MemTotal:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))![1];
    expect(totalBytes).toBe(Number(kilobytes) * 1024);
    expect(availableBytes).toBeGreaterThan(0);
    expect(availableBytes).toBeLessThanOrEqual(totalBytes);
  });

  it('starts no process', () => {
    expect(
      processesStartedBy(`const { readMemory } = await import('./src/host/procfs/node-facts.ts'); await readMemory();`),
    ).toBe(0);
  });

  it('would be caught if it did: the same library starts processes for nearly everything else', () => {
    expect(
      processesStartedBy(`const { default: si } = await import('systeminformation'); await si.osInfo();`),
    ).toBeGreaterThan(0);
  });
});

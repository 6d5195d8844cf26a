import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readMemory } from '../../src/host/node-facts.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

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
      processesStartedBy(`const { readMemory } = await import('./src/host/node-facts.ts'); await readMemory();`),
    ).toBe(0);
  });

  it('would be caught if it did: the same library starts processes for nearly everything else', () => {
    expect(
      processesStartedBy(`const { default: si } = await import('systeminformation'); await si.osInfo();`),
    ).toBeGreaterThan(0);
  });
});

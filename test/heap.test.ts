import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { PROGRAM } from './program.ts';

const CHECK = fileURLToPath(new URL('../src/agent/heap-check.ts', import.meta.url));

/** A program that keeps ever more numbers, and one that makes garbage of them, both checked as the agent is. */
const GROWING = `import { checkHeap } from ${JSON.stringify(CHECK)};
const kept = [];
for (let made = 0; made < 900; made += 1) {
  kept.push(Array.from({ length: 10_000 }, (_, i) => i + 0.5));
  if (process.argv.includes('garbage')) kept.length = 0;
  checkHeap();
}
console.log('went on');`;

const node = (...args: string[]) => spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
const grow = (...args: string[]) =>
  node(
    '--max-old-space-size=64',
    '--max-semi-space-size=1',
    '--import',
    'tsx',
    '--input-type=module',
    '-e',
    GROWING,
    ...args,
  );

describe('the heap of the agent', () => {
  it('that is too small to start in is said at once, with exit code 1', () => {
    const { status, stderr } = node('--max-old-space-size=8', '--max-semi-space-size=1', PROGRAM, '--web.socket=');
    expect(stderr).toContain('Cannot start in a heap of at most 11 MiB: expected 12 or more');
    expect(stderr.trimEnd().split('\n').at(-1)).toContain('--max-old-space-size');
    expect(status).toBe(1);
  });

  it('that is outgrown ends the process by an error of ours, before V8 aborts it', () => {
    const { status, signal, stderr, stdout } = grow();
    expect(stderr).toMatch(/Cannot go on: \d+ MiB are in use of a heap of at most \d+ MiB/);
    expect([status, signal, stdout]).toEqual([1, null, '']);
  }, 60_000);

  it('that is full of garbage goes on', () => {
    expect(grow('garbage')).toMatchObject({ status: 0, stdout: 'went on\n' });
  }, 60_000);
});

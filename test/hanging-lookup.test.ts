import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, type TestContext } from 'vitest';
import { programPath } from '../simulator/program-paths.ts';
import { FakeNode } from './fake-node.ts';
import { hangingResolver } from './hanging-resolver.ts';
import { needs } from './needs.ts';
import { Program } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'conntrack-lookup-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const NAMES = [1, 2, 3, 4, 5].map((n) => `alertmanager-${n}.example`);
/** What an agent is granted after SIGTERM. */
const STOPPED_MS = 5000;

/** Five lookups, and then what else the agent has the thread pool do. */
const POOL_USER = `
  import { lookup } from 'node:dns/promises';
  import { readFile } from 'node:fs/promises';
  let settled = 0;
  for (const name of ${JSON.stringify(NAMES)}) lookup(name).catch(String).then(() => { settled += 1; });
  const { default: memory } = await import('systeminformation/lib/memory.js');
  const { total } = await memory.mem();
  const text = await readFile('/proc/self/status', 'utf8');
  console.log(JSON.stringify({ settled, total, bytes: text.length }));
  process.kill(process.pid, 'SIGKILL');`;

function setUp(context: TestContext): string {
  needs(context, 'root', 'ip');
  return hangingResolver();
}

describe('name lookups that hang', () => {
  it.for([1, NAMES.length])('do not keep the agent from ending in time: %d of them', async (count, context) => {
    const netns = setUp(context);
    await using node = await FakeNode.create();
    const urls = NAMES.slice(0, count).map((name) => `--alertmanager.url=http://${name}:9093`);
    const own = [`--path.procfs=${node.procRoot}`, `--web.socket=${join(folder, `${count}.sock`)}`];
    await using program = new Program([...own, '--web.listen-address=127.0.0.1:0', ...urls], { netns });
    await program.logged(/watching the table/);
    await sleep(500); // So that they are under way.
    program.signal('SIGTERM');
    const late = sleep(STOPPED_MS, 'still running', { ref: false });
    expect(await Promise.race([program.exited, late])).toMatchObject({ code: 0 });
    expect(program.log.slice(-2).map(({ msg }) => msg)).toEqual(['stopping', 'stopped']);
  });

  it('leave threads of the pool to everybody else, however many there are', (context) => {
    const netns = setUp(context);
    const node = [process.execPath, '--input-type=module', '--eval', POOL_USER];
    const { stdout } = spawnSync(programPath('ip')!, ['netns', 'exec', netns, ...node], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect(JSON.parse(stdout)).toEqual({ settled: 0, total: expect.any(Number), bytes: expect.any(Number) });
  });
});

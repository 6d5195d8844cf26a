import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { run } from '../../simulator/child.ts';
import { needs } from '../needs.ts';
import { fill, flush, keepFull, occupy } from './lab/flood.ts';
import { labOfTest } from './lab/lab-of-test.ts';
import { LIMIT_FILE, readLimit, SAVED_FILE, withLimit } from './lab/limit.ts';
import { LOCK_FILE, lockMachine } from './lab/lock.ts';
import { ADDRESS, createLab, type Lab, leftNamespaces } from './lab/namespaces.ts';
import { connectTcp, httpGet, startEcho, tryConnect } from './lab/tcp.ts';

const PORT = 7_000;

describe('lockMachine()', () => {
  it('keeps other processes out until the last holder of this one lets go', async (context) => {
    needs(context, 'root');
    const tryLock = () => run('flock', ['--nonblock', '--conflict-exit-code', '75', LOCK_FILE, 'true']);
    const [outer, inner] = [await lockMachine(), await lockMachine()];
    await inner();
    await inner();
    await expect(tryLock()).rejects.toThrow('exit 75');
    await outer();
    await expect(tryLock()).resolves.toBe('');
  });
});

describe('createLab()', () => {
  it('tracks connections in the node and none in the peer', async (context) => {
    needs(context, 'root', 'conntrack', 'ip', 'nft');
    const lab = await labOfTest();
    const { sent, failed } = await fill(lab, 500);
    expect({ sent, failed }).toEqual({ sent: 500, failed: 0 });
    expect(await lab.entries('node')).toBe(500);
    expect(await lab.entries('peer')).toBe(0);
  });

  it('lets UDP flows go as soon as it was told', async (context) => {
    needs(context, 'root', 'conntrack', 'ip', 'nft', 'conntrack');
    const lab = await labOfTest({ udpTimeoutSeconds: 1 });
    await fill(lab, 200);
    await expect.poll(() => lab.exec('node', 'conntrack', ['-L']), { timeout: 10_000, interval: 500 }).toBe('');
  });

  it('leaves no namespace and no process behind, whatever is still running', async (context) => {
    needs(context, 'root', 'conntrack', 'ip', 'nft');
    const lab = await createLab();
    const echo = await startEcho(lab, 'node', PORT);
    await lab.dispose();
    expect(await echo.exited).toEqual({ code: null, signal: 'SIGTERM' });
    expect(existsSync(`/proc/${echo.pid}`)).toBe(false);
    expect(await leftNamespaces()).toEqual([]);
  });

  it('removes what a killed run left, also where several labs are made at the same time', async (context) => {
    needs(context, 'root', 'conntrack', 'ip', 'nft');
    for (const side of ['node', 'peer']) await run('ip', ['netns', 'add', `conntrack-lab-0-0000-${side}`]);
    const labs = await Promise.all([labOfTest(), labOfTest(), labOfTest(), labOfTest()]);
    const own = labs.flatMap((lab) => [lab.nameOf('node'), lab.nameOf('peer')]);
    expect((await leftNamespaces()).sort()).toEqual(own.sort());
  });

  it('says what a failed command wrote', async (context) => {
    needs(context, 'root', 'conntrack', 'ip', 'nft');
    const lab = await labOfTest();
    await expect(lab.exec('node', 'ip', ['link', 'show', 'nosuch'])).rejects.toThrow(
      /^Cannot run "nsenter .*": exit 1\nDevice "nosuch" does not exist/,
    );
  });
});

describe('withLimit()', () => {
  it('restores the limit after an action that failed', async (context) => {
    needs(context, 'root', 'conntrack');
    const before = readLimit();
    const action = withLimit(3_000, async () => {
      expect(readLimit()).toBe(3_000);
      throw new Error('on purpose');
    });
    await expect(action).rejects.toThrow('on purpose');
    expect(readLimit()).toBe(before);
  });

  it('restores the limit after a process that was killed', async (context) => {
    needs(context, 'root', 'conntrack');
    const before = readLimit();
    const limit = new URL('./lab/limit.ts', import.meta.url).href;
    const script = `const { withLimit } = await import(${JSON.stringify(limit)});
      await withLimit(3001, async () => process.kill(process.pid, 'SIGKILL'));`;
    onTestFinished(() => writeFileSync(LIMIT_FILE, String(before)));
    const killed = run(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
    await expect(killed).rejects.toThrow('exit SIGKILL');
    await expect.poll(readLimit).toBe(before);
  });

  it('restores at the next call what a run left that was killed together with its guard', async (context) => {
    needs(context, 'root', 'conntrack');
    const release = await lockMachine();
    const before = readLimit();
    try {
      writeFileSync(SAVED_FILE, String(before));
      writeFileSync(LIMIT_FILE, '3002');
      await withLimit(3_000, async () => expect(readLimit()).toBe(3_000));
      expect(readLimit()).toBe(before);
      expect(existsSync(SAVED_FILE)).toBe(false);
    } finally {
      writeFileSync(LIMIT_FILE, String(before));
      await release();
    }
  });
});

describe('a full table', () => {
  it('stays at the limit under a flood and refuses most packets of new flows', async (context) => {
    needs(context, 'root', 'conntrack', 'ip', 'nft', 'conntrack');
    const lab = await labOfTest();
    await withLimit(3_000, async () => {
      await fill(lab, 12_000);
      expect(await drops(lab)).toBeGreaterThan(3_000);
      const { sent, seconds } = await keepFull(lab, 500);
      expect(sent).toBeGreaterThan(0);
      expect(seconds).toBeGreaterThanOrEqual(0.5);
      expect(await lab.entries()).toSatisfy((entries: number) => entries > 2_700 && entries <= 3_010);
    });
  });

  it('refuses a new TCP connection and goes on serving one that is open', async (context) => {
    needs(context, 'root', 'conntrack', 'ip', 'nft', 'conntrack');
    const lab = await labOfTest();
    await startEcho(lab, 'node', PORT);
    const open = await connectTcp(lab, 'peer', ADDRESS.node, PORT);
    await open.ask('before');

    await withLimit(3_000, async () => {
      await occupy(lab, 3_000 - (await lab.entries()));
      expect(await lab.entries()).toBe(3_000);
      expect(await newConnection(lab)).toBe('timed out');
      expect(await drops(lab)).toBeGreaterThan(0);
      await open.ask('meanwhile');
    });

    await flush(lab);
    expect(await newConnection(lab)).toBe('connected');
  });
});

describe('httpGet()', () => {
  it('fails from a namespace that cannot reach the server', async (context) => {
    needs(context, 'root', 'conntrack', 'ip', 'nft');
    const server = createServer((_, answer) => answer.end('outside')).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const lab = await labOfTest();
    await expect(httpGet(lab, 'peer', `http://127.0.0.1:${port}/`)).rejects.toThrow('ECONNREFUSED');
  });
});

/** Two seconds are a SYN and its first repetition. */
async function newConnection(lab: Lab): Promise<string> {
  return tryConnect(lab, 'peer', ADDRESS.node, PORT, 2_000);
}

/** The `drop` counter of the node, all CPUs, by the kernel's other tool. */
async function drops(lab: Lab): Promise<number> {
  const text = await lab.exec('node', 'conntrack', ['-S']);
  return [...text.matchAll(/ drop=(\d+)/g)].reduce((sum, [, drop]) => sum + Number(drop), 0);
}

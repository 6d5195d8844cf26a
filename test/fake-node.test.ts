import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeNode, type FakeNodeOptions, STAT_HEADER } from './fake-node.ts';

const NODES = fileURLToPath(new URL('./fixtures/nodes', import.meta.url));
const COUNT = 'sys/net/netfilter/nf_conntrack_count';
const STAT = 'net/stat/nf_conntrack';

describe('FakeNode', () => {
  it('shows a new value through a descriptor that was open before, also a shorter one', async () => {
    const node = await nodeWith({ entries: 167012 });
    const reread = keepOpen(node, COUNT);
    expect(reread()).toBe('167012\n');
    node.set({ entries: 5 });
    expect(reread()).toBe('5\n');
  });

  it('hides a replaced file from a descriptor that was open before', async () => {
    const node = await nodeWith({ entries: 7 });
    const reread = keepOpen(node, COUNT);
    node.replace(COUNT, '8\n');
    expect(reread()).toBe('7\n');
    expect(node.read(COUNT)).toBe('8\n');
  });

  it('writes the limit to both of its files', async () => {
    const node = await nodeWith({ limit: 3000 });
    expect(node.read('sys/net/netfilter/nf_conntrack_max')).toBe('3000\n');
    expect(node.read('sys/net/nf_conntrack_max')).toBe('3000\n');
  });

  it('prints counters in hex under the header, wraps them at 2^32 and repeats the entries on each row', async () => {
    const node = await nodeWith({ entries: 255, counters: [{ drop: 0x1_0000_0003n }, { clashres: 16, drop: 2 }] });
    expect(node.read(STAT).split('\n')).toEqual([
      STAT_HEADER.clashres,
      '000000ff  00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000003 00000000 00000000  00000000 00000000 00000000 00000000',
      '000000ff  00000010 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000002 00000000 00000000  00000000 00000000 00000000 00000000',
      '',
    ]);
    node.set({ entries: 1 });
    expect(node.read(STAT)).toMatch(/^00000001 {2}00000010 /m);
  });

  it('keeps the header of the fixture it is a copy of', async () => {
    const node = await nodeWith({ fixture: 'rhel7-3.10', counters: [{ searched: 1 }] });
    expect(node.read(STAT).split('\n', 1)).toEqual([STAT_HEADER.searched]);
  });

  it('loses every file of an unloaded module and starts from 0 when it is loaded again', async () => {
    const node = await nodeWith({ fixture: 'debian-6.1' });
    const inode = statSync(join(node.procRoot, COUNT)).ino;
    const reread = keepOpen(node, COUNT);
    node.unloadModule();
    expect(filesUnder(node.procRoot).filter((path) => path.includes('nf_conntrack'))).toEqual([]);
    expect(node.has('sys/net/netfilter/nf_flowtable_tcp_timeout')).toBe(true);
    node.loadModule();
    expect(node.read(COUNT)).toBe('0\n');
    expect(reread()).toBe('167012\n');
    expect(statSync(join(node.procRoot, COUNT)).ino).not.toBe(inode);
    expect(node.read(STAT).match(/^00000000 {2}[0 ]+$/gm)).toHaveLength(8);
    expect(node.read('sys/net/netfilter/nf_conntrack_max')).toBe('262144\n');
  });

  it('plays its steps in their order', async () => {
    const node = await nodeWith({ entries: 0 });
    const playing = node.play([{ entries: 1 }, { afterMs: 50, entries: 2, limit: 9 }]);
    await expect.poll(() => node.read(COUNT)).toBe('1\n');
    await playing;
    expect(node.read(COUNT)).toBe('2\n');
    expect(node.read('sys/net/netfilter/nf_conntrack_max')).toBe('9\n');
  });

  it('leaves nothing behind', async () => {
    const node = await FakeNode.create();
    await node.dispose();
    expect(existsSync(node.procRoot)).toBe(false);
  });
});

describe('fixture nodes', () => {
  it.each(readdirSync(NODES))('%s says where it comes from and who owns PID 2', (name) => {
    expect(readFileSync(join(NODES, name, 'ORIGIN.md'), 'utf8')).toMatch(new RegExp(`^# ${name}\\n`));
    expect(readFileSync(join(NODES, name, 'proc/2/comm'), 'utf8')).toBe('kthreadd\n');
  });

  it.each(readdirSync(NODES))('%s is in the host namespace by its interfaces, unless it is the foreign one', (name) => {
    const same = interfaces(name, 'net/dev') === interfaces(name, '1/net/dev');
    expect(same).toBe(name !== 'foreign-namespace');
  });

  it.each(nodesWithStat())('%s repeats its count on each row and has as many fields as columns', (name) => {
    const [header = '', ...rows] = readFileSync(join(NODES, name, 'proc', STAT), 'utf8')
      .trimEnd()
      .split('\n');
    const count = Number(readFileSync(join(NODES, name, 'proc', COUNT), 'utf8'));
    for (const row of rows) {
      expect(row.split(/\s+/)).toHaveLength(header.split(/\s+/).length);
      expect(Number.parseInt(row, 16)).toBe(count);
    }
  });
});

async function nodeWith(options: FakeNodeOptions): Promise<FakeNode> {
  const node = await FakeNode.create(options);
  onTestFinished(() => node.dispose());
  return node;
}

/** Reads a file again and again as the sampler does: one descriptor, offset 0. */
function keepOpen(node: FakeNode, path: string): () => string {
  const fd = openSync(join(node.procRoot, path), 'r');
  onTestFinished(() => closeSync(fd));
  const buffer = Buffer.alloc(4_096);
  return () => buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, 0));
}

function filesUnder(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' });
}

function interfaces(name: string, path: string): string {
  const text = readFileSync(join(NODES, name, 'proc', path), 'utf8');
  return [...text.matchAll(/^ *(\S+):/gm)].map(([, device]) => device).join(' ');
}

function nodesWithStat(): string[] {
  return readdirSync(NODES).filter((name) => existsSync(join(NODES, name, 'proc', STAT)));
}

import { describe, expect, it } from 'vitest';
import { NetnsScanner } from '../../../src/host/netns/netns-scan.ts';
import { ProcFs } from '../../../src/host/procfs/proc-fs.ts';
import { FakeNode } from '../../fake-node.ts';
import { FakeProcesses } from './fake-processes.ts';

const uidOf = (digit: number) => `${digit}f4d6a5e-93c1-4b7e-8a52-6d1c0e9f7b34`;
const cgroupOf = (digit: number) => `0::/kubepods/besteffort/pod${uidOf(digit)}/${String(digit).repeat(64)}\n`;

/** The node's own processes 1 and 2, and two pods: "a" with 40 entries in 100 and 101, "b" with 4096 in 200. */
async function nodeWithPods() {
  const node = await FakeNode.create();
  const processes = new FakeProcesses(node);
  node.remove('1');
  for (const [netns, entries] of Object.entries({ host: 300, a: 40, b: 4096 })) processes.fill(netns, entries);
  processes.put({ pid: 1, netns: 'host' });
  processes.put({ pid: 2, netns: 'host' });
  processes.put({ pid: 100, netns: 'a', cgroup: cgroupOf(1) });
  processes.put({ pid: 101, netns: 'a', cgroup: cgroupOf(1) });
  processes.put({ pid: 200, netns: 'b', cgroup: cgroupOf(2) });
  return {
    node,
    processes,
    scanner: new NetnsScanner(new ProcFs(node.procRoot)),
    [Symbol.asyncDispose]: () => node.dispose(),
  };
}

const short = ({ top }: Awaited<ReturnType<NetnsScanner['scan']>>) =>
  top.map(({ pid, entries, podUid }) => [pid, entries, podUid]);

describe('NetnsScanner', () => {
  it('ranks the namespaces by their entries, one process of each, and names pod and container', async () => {
    await using it = await nodeWithPods();
    const { top, namespaces, isComplete } = await it.scanner.scan(20);
    expect(top).toMatchObject([
      { pid: 200, entries: 4096, podUid: uidOf(2), containerId: '2'.repeat(64) },
      { pid: 1, entries: 300, podUid: undefined, containerId: undefined },
      { pid: 100, entries: 40, podUid: uidOf(1), containerId: '1'.repeat(64) },
    ]);
    expect(new Set(top.map(({ inode }) => inode)).size).toBe(3);
    expect({ namespaces, isComplete }).toEqual({ namespaces: 3, isComplete: true });
  });

  it('names the programs inside, and takes the container of one that is no sandbox', async () => {
    await using it = await nodeWithPods();
    const container = (digit: number) => `0::/kubepods/pod${uidOf(3)}/${String(digit).repeat(64)}\n`;
    it.processes.fill('c', 9000);
    it.processes.put({ pid: 1, netns: 'host', name: 'systemd' });
    it.processes.put({ pid: 300, netns: 'c', cgroup: container(3), name: 'pause' });
    it.processes.put({ pid: 301, netns: 'c', cgroup: container(4), name: 'nginx' });
    it.processes.put({ pid: 302, netns: 'c', cgroup: container(4), name: 'nginx' });
    const { top, entries, showsNode } = await it.scanner.scan(20);
    const telling = top.map(({ inode: _, podUid: __, ...row }) => row);
    expect(telling.filter(({ pid }) => pid === 300 || pid === 1)).toEqual([
      { pid: 300, entries: 9000, containerId: '4'.repeat(64), isNode: false, programs: ['nginx', 'pause'] },
      { pid: 1, entries: 300, containerId: undefined, isNode: true, programs: ['systemd'] },
    ]);
    expect({ entries, showsNode }).toEqual({ entries: 9000 + 4096 + 300 + 40, showsNode: true });
  });

  it('gives no more than it is asked for', async () => {
    await using it = await nodeWithPods();
    const scan = await it.scanner.scan(1);
    expect(short(scan)).toEqual([[200, 4096, uidOf(2)]]);
    expect(scan.namespaces).toBe(3);
  });

  it("names no pod for the node's own namespace, though a pod with hostNetwork is in it", async () => {
    await using it = await nodeWithPods();
    it.processes.end(2);
    it.processes.put({ pid: 3, netns: 'host', cgroup: cgroupOf(3) });
    expect(short(await it.scanner.scan(20))[1]).toEqual([1, 300, undefined]);
  });

  it('looks past a process of the node that has entered the namespace of a pod', async () => {
    await using it = await nodeWithPods();
    it.processes.put({ pid: 50, netns: 'b', cgroup: '0::/user.slice/user-0.slice/session-1.scope\n' });
    expect(short(await it.scanner.scan(1))).toEqual([[50, 4096, uidOf(2)]]);
  });

  it('asks another process of the namespace when the first has ended, and reads the entries afresh', async () => {
    await using it = await nodeWithPods();
    await it.scanner.scan(20);
    it.processes.end(100);
    it.processes.fill('a', 5000);
    expect(short(await it.scanner.scan(1))).toEqual([[101, 5000, uidOf(1)]]);
  });

  it('skips a process whose files go away between the listing and the reading', async () => {
    await using it = await nodeWithPods();
    it.node.remove('200/net');
    it.node.remove('101/cgroup');
    it.node.remove('100/cgroup');
    expect(short(await it.scanner.scan(20))).toEqual([
      [1, 300, undefined],
      [100, 40, undefined],
    ]);
  });

  it('never takes the entries of the namespace a process has moved to for those of the one it left', async () => {
    await using it = await nodeWithPods();
    for (let i = 0; i < 3; i += 1) await it.scanner.scan(20); // Neither 100 nor 101 is due in the fourth.
    it.processes.fill('c', 9000);
    it.processes.put({ pid: 100, netns: 'c', cgroup: cgroupOf(3) });
    it.processes.put({ pid: 101, netns: 'c', cgroup: cgroupOf(3) });
    const entries = async () => short(await it.scanner.scan(20)).map(([, count]) => count);
    expect(await entries()).toEqual([4096, 300]);
    expect(await entries()).toEqual([9000, 4096, 300]);
  });

  it('finds a process that moved unnoticed within ten scans', async () => {
    await using it = await nodeWithPods();
    for (let i = 0; i < 3; i += 1) await it.scanner.scan(20);
    it.processes.fill('c', 9000);
    it.processes.put({ pid: 101, netns: 'c', cgroup: cgroupOf(3) });
    let last = await it.scanner.scan(20);
    for (let i = 1; i < 10; i += 1) last = await it.scanner.scan(20);
    expect(short(last)[0]).toEqual([101, 9000, uidOf(3)]);
  });

  it('fails with a remedy where the kernel shows no entries by namespace', async () => {
    await using it = await nodeWithPods();
    it.node.remove('net/stat/nf_conntrack');
    await expect(it.scanner.scan(20)).rejects.toThrow(/^Cannot read entries by network namespace: there is no "/);
  });
});

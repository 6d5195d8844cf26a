import { existsSync, mkdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Child, run } from '../../simulator/child.ts';
import { needs } from '../needs.ts';
import { reachableProgram } from '../reachable.ts';
import { labOfTest } from './lab/lab-of-test.ts';
import type { Lab, Side } from './lab/namespaces.ts';

const NEEDS = ['root', 'conntrack', 'ip', 'nft', 'setpriv', 'unshare'] as const;
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all', '--no-new-privs'];
const FLAGS = ['--collector.netns', '--web.socket=', '--web.listen-address=127.0.0.1:0'];

/** Makes so many entries and starts a process in the namespace. */
async function occupy(lab: Lab, side: Side, entries: number): Promise<Child> {
  const input = Array.from({ length: entries }, (_, i) => {
    return `-I -t 600 -s 10.42.3.17 -d 10.96.0.20 -p udp --sport ${1024 + i} --dport 53\n`;
  }).join('');
  await lab.exec(side, 'sh', ['-c', 'file=$(mktemp); cat >$file; conntrack --load-file $file; rm $file'], { input });
  const inside = lab.spawnIn(side, 'sh', ['-c', 'echo in; exec sleep 600']);
  await inside.waitFor(/in/);
  return inside;
}

const inodeOf = ({ pid }: Child) => statSync(`/proc/${pid}/net/dev`).ino;

/** As `occupy`; the label the namespace must get. */
async function occupied(lab: Lab, side: Side, entries: number): Promise<string> {
  return String(inodeOf(await occupy(lab, side, entries)));
}

/** An agent outside of the namespaces, to which every process of the machine is to be seen; the port and what it logs. */
async function withAgent<T>(
  prefix: readonly string[],
  flags: readonly string[],
  act: (agent: Child, port: string) => Promise<T>,
) {
  const [command, ...args] = [...prefix, process.execPath, reachableProgram(), ...FLAGS, ...flags] as [
    string,
    ...string[],
  ];
  const agent = new Child(command, args);
  try {
    const [, port] = await agent.waitFor(/127\.0\.0\.1:([1-9]\d*)/);
    await agent.waitFor(/watching the table/);
    await sleep(1000); // The first scan is under way when it listens.
    return await act(agent, port!);
  } finally {
    await agent.stop();
  }
}

/** Labels and values in the order of the exposition, which is the ranking's. */
async function ranking(port: string): Promise<[netns: string, podUid: string, entries: number][]> {
  const body = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const series = body.matchAll(/^conntrack_netns_entries\{netns="(\d+)",pod_uid="(.*)"\} (\d+)$/gm);
  return [...series].map(([, netns, podUid, entries]) => [netns!, podUid!, Number(entries)]);
}

describe('--collector.netns', () => {
  it.for<[string, string[]]>([
    ['root', []],
    ['nobody without a capability', NOBODY],
  ])('finds and ranks the namespaces of the machine as %s', async ([, prefix], context) => {
    needs(context, ...NEEDS);
    const lab = await labOfTest();
    const [fuller, lesser] = [await occupied(lab, 'node', 700), await occupied(lab, 'peer', 300)];
    const seen = await withAgent(prefix, [], (_agent, port) => ranking(port));
    const ours = seen.filter(([netns]) => netns === fuller || netns === lesser);
    expect(ours).toEqual([
      [fuller, '', 700],
      [lesser, '', 300],
    ]);
    const values = seen.map(([, , entries]) => entries);
    expect(values).toEqual([...values].sort((a, b) => b - a));
    const first = await withAgent(prefix, ['--flows.top=1'], (_agent, port) => ranking(port));
    expect(first).toEqual(seen.slice(0, 1));
  });

  it('says that it sees only its own processes without hostPID, and exports nothing', async (context) => {
    needs(context, ...NEEDS);
    const lab = await labOfTest();
    await occupied(lab, 'node', 700);
    const prefix = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
    await withAgent(prefix, [], async (agent, port) => {
      expect(await ranking(port)).toEqual([]);
      const said = (agent.stdout + agent.stderr).match(/shows only the processes of this container's PID namespace/g);
      expect(said?.length).toBeGreaterThan(0);
      expect(agent.stdout + agent.stderr).toContain('Set hostPID: true in the pod');
    });
  });
});

const POD_UID = '1f4d6a5e-93c1-4b7e-8a52-6d1c0e9f7b34';
const CONTAINER_ID = 'ab'.repeat(32);

/** Puts a process where containerd puts that of a pod, in a real cgroup, until the test is over. */
function enterPod({ pid }: Child): void {
  const root = existsSync('/sys/fs/cgroup/pids') ? '/sys/fs/cgroup/pids' : '/sys/fs/cgroup';
  const pod = `${root}/kubepods-test.slice/kubepods-pod${POD_UID.replaceAll('-', '_')}.slice`;
  const container = `${pod}/cri-containerd-${CONTAINER_ID}.scope`;
  mkdirSync(container, { recursive: true });
  writeFileSync(`${container}/cgroup.procs`, String(pid));
  onTestFinished(async () => {
    process.kill(pid!, 'SIGKILL');
    await expect.poll(() => existsSync(`/proc/${pid}/cgroup`)).toBe(false);
    for (const folder of [container, pod, `${root}/kubepods-test.slice`]) rmdirSync(folder);
  });
}

/** What `flows --by=netns` prints, run outside of the namespaces. */
async function printed(prefix: readonly string[], ...flags: string[]): Promise<string> {
  const [command, ...args] = [...prefix, process.execPath, reachableProgram(), 'flows', '--by=netns', ...flags];
  return run(command!, args);
}

type Listed = { netns: number; entries: number; share: number; podUid?: string; containerId?: string; pid: number };
type Answer = { entries: number; namespaces: number; showsNode: boolean; top: (Listed & { programs: string[] })[] };

describe('conntrack-agent flows --by=netns', () => {
  it.for<[string, string[]]>([
    ['root', []],
    ['nobody without a capability', NOBODY],
  ])('lists the namespaces of the machine with pod, container and program as %s', async ([, prefix], context) => {
    needs(context, ...NEEDS);
    const lab = await labOfTest();
    const [fuller, lesser] = [await occupy(lab, 'node', 700), await occupy(lab, 'peer', 300)];
    enterPod(fuller);
    const answer = JSON.parse(await printed(prefix, '--json', '--flows.top=100')) as Answer;
    const at = (child: Child) => answer.top.find(({ netns }) => netns === inodeOf(child))!;
    const owner = { podUid: POD_UID, containerId: CONTAINER_ID, programs: ['sleep'], isNode: false };
    expect(at(fuller)).toMatchObject({ entries: 700, pid: fuller.pid, share: 700 / answer.entries, ...owner });
    expect(at(lesser)).toMatchObject({ entries: 300, pid: lesser.pid, share: 300 / answer.entries });
    expect([at(lesser).podUid, at(lesser).containerId]).toEqual([undefined, undefined]);
    expect(answer.showsNode).toBe(true);
    expect(answer.entries).toBe(answer.top.reduce((sum, { entries }) => sum + entries, 0));
    const text = await printed(prefix);
    expect(text).toMatch(new RegExp(`^${inodeOf(fuller)} +700 +\\d+\\.\\d %`, 'm'));
    expect(text.replaceAll(/\s+/g, ' ')).toContain(`pod ${POD_UID}, container abababababab, sleep, `);
    expect(text).not.toContain('hostPID');
  });

  it('says without hostPID that it sees no namespace but its own', async (context) => {
    needs(context, ...NEEDS);
    const lab = await labOfTest();
    await occupy(lab, 'node', 700);
    const prefix = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const text = (await printed(prefix)).replaceAll(/\s+/g, ' ');
    expect(text).toContain(' entries in 1 network namespace');
    expect(text).toContain('Set hostPID: true in the pod');
    expect(text).not.toContain("the node's own");
    expect(JSON.parse(await printed(prefix, '--json'))).toMatchObject({ namespaces: 1, showsNode: false });
  });
});

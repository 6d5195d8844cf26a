import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { needs } from '../needs.ts';
import { AGENT_PROGRAM } from './lab/agent.ts';
import { Child } from './lab/child.ts';
import { labOfTest } from './lab/lab-of-test.ts';
import type { Lab, Side } from './lab/namespaces.ts';

const NEEDS = ['root', 'conntrack', 'ip', 'nft', 'setpriv', 'unshare'] as const;
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all', '--no-new-privs'];
const FLAGS = ['--collector.netns', '--web.socket=', '--web.listen-address=127.0.0.1:0'];

/** Makes so many entries and starts a process in the namespace; the label it must get. */
async function occupied(lab: Lab, side: Side, entries: number): Promise<string> {
  const input = Array.from({ length: entries }, (_, i) => {
    return `-I -t 600 -s 10.42.3.17 -d 10.96.0.20 -p udp --sport ${1024 + i} --dport 53\n`;
  }).join('');
  await lab.exec(side, 'sh', ['-c', 'file=$(mktemp); cat >$file; conntrack --load-file $file; rm $file'], { input });
  const inside = lab.spawnIn(side, 'sh', ['-c', 'echo in; exec sleep 600']);
  await inside.waitFor(/in/);
  return String(statSync(`/proc/${inside.pid}/net/dev`).ino);
}

/** An agent outside of the namespaces, to which every process of the machine is to be seen; the port and what it logs. */
async function withAgent<T>(
  prefix: readonly string[],
  flags: readonly string[],
  act: (agent: Child, port: string) => Promise<T>,
) {
  const [command, ...args] = [...prefix, process.execPath, AGENT_PROGRAM, ...FLAGS, ...flags] as [string, ...string[]];
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
      const said = (agent.stdout + agent.stderr).match(/shows only the agent's own/g);
      expect(said?.length).toBeGreaterThan(0);
      expect(agent.stdout + agent.stderr).toContain('Set hostPID: true in the pod');
    });
  });
});

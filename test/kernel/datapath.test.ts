import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { needs } from '../needs.ts';
import { reachableProgram } from '../reachable.ts';
import { Agent } from './lab/agent.ts';
import { labOfTest } from './lab/lab-of-test.ts';
import { ADDRESS, type Lab } from './lab/namespaces.ts';

const NODE = `--node.ip=${ADDRESS.node}`;

async function addInterfaces(lab: Lab, ...names: string[]): Promise<void> {
  for (const name of names) await lab.exec('node', 'ip', ['link', 'add', name, 'type', 'ifb']);
}

async function infoOf(lab: Lab): Promise<string | undefined> {
  const agent = await Agent.start(lab, { flags: [NODE, '--collector.counters.via=procfs'] });
  const { body } = await agent.get('/metrics');
  // No interface here is an ENA: the library that would ask it is not loaded, and there is no series of a cloud.
  expect(readFileSync(`/proc/${agent.pid}/maps`, 'utf8')).not.toContain('koffi');
  expect(body).not.toMatch(/cloud|kube_proxy/);
  await agent.stop();
  return /^conntrack_agent_datapath_info(\{.*\}) 1$/m.exec(body)?.[1];
}

async function doctorText(lab: Lab): Promise<string> {
  const child = lab.spawnIn('node', process.execPath, [reachableProgram(), 'doctor', NODE]);
  await child.exited;
  return child.stdout.replaceAll(/\s+/g, ' ');
}

describe('what carries the connections of pods', () => {
  it.each([
    [['lxc_health', 'cilium_host'], '{cni="cilium",proxy="bpf",carries="bpf"}'],
    [['flannel.1', 'kube-ipvs0'], '{cni="flannel",proxy="ipvs",carries="nf_conntrack"}'],
    [['cilium_host', 'flannel.1'], '{cni="cilium+flannel",proxy="bpf",carries="mixed"}'],
    [['pods0'], undefined],
  ])('is told by real interfaces %j', async (names, info) => {
    const lab = await labOfTest();
    await addInterfaces(lab, ...names);
    expect(await infoOf(lab)).toBe(info);
  });

  it('is what doctor says before all else where it is not the table, with what that rests on', async (context) => {
    needs(context, 'root', 'nf_conntrack', 'ip', 'nft');
    const lab = await labOfTest();
    await addInterfaces(lab, 'cilium_host');
    const text = await doctorText(lab);
    expect(text).toMatch(
      /^node \S+ .*? This table does not carry the pods' connections, BPF does: see cilium_bpf_map_pressure/,
    );
    expect(text).toContain('interfaces of cilium: cilium_host');
    await lab.exec('node', 'ip', ['link', 'set', 'cilium_host', 'name', 'renamed0']);
    expect(await doctorText(lab)).not.toContain("the pods' connections");
  });
});

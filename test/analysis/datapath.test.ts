import { describe, expect, it } from 'vitest';
import { type DatapathInputs, datapathOf } from '../../src/analysis/datapath.ts';
import type { Carrier } from '../../src/model/datapath.ts';

const NOTHING: DatapathInputs = {
  interfaces: ['lo', 'eth0', 'docker0', 'veth1a2b3c4', 'wg0', 'br0', 'tun0', 'lxcbr0', 'lxdbr0', 'calico', 'enidead'],
  ipvsServices: undefined,
  mounts: ['/sys/fs/bpf', '/sys/fs/cgroup'],
  kubeProxyMode: undefined,
  hasKubeProxyTimeouts: false,
};
const on = (...interfaces: string[]) => ({ ...NOTHING, interfaces: [...NOTHING.interfaces, ...interfaces] });
const CILIUM = ['cilium_net', 'cilium_host', 'cilium_vxlan', 'lxc_health', 'lxc1b5b6d8d6e0c'];
const CALICO = ['cali0a1b2c3d4e5', 'cali5e4d3c2b1a0', 'vxlan.calico'];

type Case = readonly [what: string, inputs: DatapathInputs, cni: string, proxy: string, carries: Carrier];

const CASES: readonly Case[] = [
  ['Cilium in place of kube-proxy', on(...CILIUM), 'cilium', 'bpf', 'bpf'],
  ['Cilium beside kube-proxy', { ...on(...CILIUM), kubeProxyMode: 'iptables' }, 'cilium', 'iptables', 'mixed'],
  [
    "Cilium where kube-proxy's timeouts are left",
    { ...on(...CILIUM), hasKubeProxyTimeouts: true },
    'cilium',
    'kube-proxy',
    'mixed',
  ],
  [
    'Cilium chained to the network plugin of AWS',
    on('cilium_host', 'eni0a1b2c3d4e5'),
    'cilium+aws-vpc-cni',
    'bpf',
    'mixed',
  ],
  ['Dataplane V2 of GKE', on('cilium_host', 'gke0a1b2c3d4e5'), 'cilium+gke', 'bpf', 'bpf'],
  ['GKE without it', { ...on('gke0a1b2c3d4e5'), kubeProxyMode: 'iptables' }, 'gke', 'iptables', 'nf_conntrack'],
  ['Calico with iptables', { ...on(...CALICO), hasKubeProxyTimeouts: true }, 'calico', 'kube-proxy', 'nf_conntrack'],
  ['Calico with nftables', { ...on(...CALICO), kubeProxyMode: 'nftables' }, 'calico', 'nftables', 'nf_conntrack'],
  ["Calico's eBPF mode", on(...CALICO, 'bpfin.cali', 'bpfout.cali'), 'calico', 'bpf', 'bpf'],
  ["Calico's eBPF mode, as it was called before", on(...CALICO, 'bpfnatin', 'bpfnatout'), 'calico', 'bpf', 'bpf'],
  ['OVN', on('ovn-k8s-mp0', 'br-int', 'genev_sys_6081'), 'ovn-kubernetes', 'ovn', 'nf_conntrack'],
  ['kube-router', on('kube-bridge', 'kube-dummy-if'), 'kube-router', 'ipvs', 'nf_conntrack'],
  [
    'flannel with kube-proxy in IPVS mode',
    { ...on('flannel.1', 'cni0', 'kube-ipvs0'), ipvsServices: 12 },
    'flannel',
    'ipvs',
    'nf_conntrack',
  ],
  ['Azure', { ...on('azv0a1b2c3d4e5'), hasKubeProxyTimeouts: true }, 'azure-cni', 'kube-proxy', 'nf_conntrack'],
  ['a node half migrated from flannel to Cilium', on('flannel.1', ...CILIUM), 'cilium+flannel', 'bpf', 'mixed'],
  ['a node half migrated from Calico to Cilium', on(...CALICO, ...CILIUM), 'cilium+calico', 'bpf', 'mixed'],
  [
    'renamed interfaces beside kube-proxy',
    { ...on('pods0'), hasKubeProxyTimeouts: true },
    'unknown',
    'kube-proxy',
    'unknown',
  ],
  ['IPVS and nothing else', { ...NOTHING, ipvsServices: 3 }, 'unknown', 'ipvs', 'nf_conntrack'],
  ['Cilium by a mount alone', { ...NOTHING, mounts: ['/run/cilium/cgroupv2'] }, 'cilium', 'bpf', 'bpf'],
];

describe('datapathOf()', () => {
  it.each(CASES)('finds %s', (_, inputs, cni, proxy, carries) => {
    expect(datapathOf(inputs)).toMatchObject({ cni, proxy, carries });
  });

  it('finds nothing on a machine without a network plugin, whatever else has interfaces there', () => {
    expect(datapathOf(NOTHING)).toBeUndefined();
    expect(datapathOf({ ...NOTHING, ipvsServices: 0 })).toBeUndefined();
  });

  it('tells what it rests on, and of many interfaces only some', () => {
    expect(datapathOf({ ...on(...CILIUM), kubeProxyMode: 'iptables' })!.seen).toEqual([
      'interfaces of cilium: cilium_net, cilium_host, cilium_vxlan and 2 more',
      'kube-proxy answers, mode iptables',
    ]);
  });

  it('names the metric of the maps where it knows one', () => {
    expect(datapathOf(on(...CILIUM))!.bpfMetric).toBe('cilium_bpf_map_pressure');
    expect(datapathOf(on(...CALICO, 'bpfin.cali'))!.bpfMetric).toBeUndefined();
  });
});

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

type Given = { inputs: DatapathInputs; cni: string; proxy: string; carries: Carrier };

const CASES: readonly (readonly [what: string, given: Given])[] = [
  ['Cilium in place of kube-proxy', { inputs: on(...CILIUM), cni: 'cilium', proxy: 'bpf', carries: 'bpf' }],
  [
    'Cilium beside kube-proxy',
    { inputs: { ...on(...CILIUM), kubeProxyMode: 'iptables' }, cni: 'cilium', proxy: 'iptables', carries: 'mixed' },
  ],
  [
    "Cilium where kube-proxy's timeouts are left",
    { inputs: { ...on(...CILIUM), hasKubeProxyTimeouts: true }, cni: 'cilium', proxy: 'kube-proxy', carries: 'mixed' },
  ],
  [
    'Cilium chained to the network plugin of AWS',
    { inputs: on('cilium_host', 'eni0a1b2c3d4e5'), cni: 'cilium+aws-vpc-cni', proxy: 'bpf', carries: 'mixed' },
  ],
  [
    'Dataplane V2 of GKE',
    { inputs: on('cilium_host', 'gke0a1b2c3d4e5'), cni: 'cilium+gke', proxy: 'bpf', carries: 'bpf' },
  ],
  [
    'GKE without it',
    {
      inputs: { ...on('gke0a1b2c3d4e5'), kubeProxyMode: 'iptables' },
      cni: 'gke',
      proxy: 'iptables',
      carries: 'nf_conntrack',
    },
  ],
  [
    'Calico with iptables',
    {
      inputs: { ...on(...CALICO), hasKubeProxyTimeouts: true },
      cni: 'calico',
      proxy: 'kube-proxy',
      carries: 'nf_conntrack',
    },
  ],
  [
    'Calico with nftables',
    {
      inputs: { ...on(...CALICO), kubeProxyMode: 'nftables' },
      cni: 'calico',
      proxy: 'nftables',
      carries: 'nf_conntrack',
    },
  ],
  [
    "Calico's eBPF mode",
    { inputs: on(...CALICO, 'bpfin.cali', 'bpfout.cali'), cni: 'calico', proxy: 'bpf', carries: 'bpf' },
  ],
  [
    "Calico's eBPF mode, as it was called before",
    { inputs: on(...CALICO, 'bpfnatin', 'bpfnatout'), cni: 'calico', proxy: 'bpf', carries: 'bpf' },
  ],
  [
    'OVN',
    {
      inputs: on('ovn-k8s-mp0', 'br-int', 'genev_sys_6081'),
      cni: 'ovn-kubernetes',
      proxy: 'ovn',
      carries: 'nf_conntrack',
    },
  ],
  [
    'kube-router',
    { inputs: on('kube-bridge', 'kube-dummy-if'), cni: 'kube-router', proxy: 'ipvs', carries: 'nf_conntrack' },
  ],
  [
    'flannel with kube-proxy in IPVS mode',
    {
      inputs: { ...on('flannel.1', 'cni0', 'kube-ipvs0'), ipvsServices: 12 },
      cni: 'flannel',
      proxy: 'ipvs',
      carries: 'nf_conntrack',
    },
  ],
  [
    'Azure',
    {
      inputs: { ...on('azv0a1b2c3d4e5'), hasKubeProxyTimeouts: true },
      cni: 'azure-cni',
      proxy: 'kube-proxy',
      carries: 'nf_conntrack',
    },
  ],
  [
    'a node half migrated from flannel to Cilium',
    { inputs: on('flannel.1', ...CILIUM), cni: 'cilium+flannel', proxy: 'bpf', carries: 'mixed' },
  ],
  [
    'a node half migrated from Calico to Cilium',
    { inputs: on(...CALICO, ...CILIUM), cni: 'cilium+calico', proxy: 'bpf', carries: 'mixed' },
  ],
  [
    'renamed interfaces beside kube-proxy',
    { inputs: { ...on('pods0'), hasKubeProxyTimeouts: true }, cni: 'unknown', proxy: 'kube-proxy', carries: 'unknown' },
  ],
  [
    'IPVS and nothing else',
    { inputs: { ...NOTHING, ipvsServices: 3 }, cni: 'unknown', proxy: 'ipvs', carries: 'nf_conntrack' },
  ],
  [
    'Cilium by a mount alone',
    { inputs: { ...NOTHING, mounts: ['/run/cilium/cgroupv2'] }, cni: 'cilium', proxy: 'bpf', carries: 'bpf' },
  ],
];

describe('datapathOf()', () => {
  it.each(CASES)('finds %s', (_, { inputs, cni, proxy, carries }) => {
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

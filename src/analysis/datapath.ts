import type { Carrier, Datapath } from '../model/datapath.ts';

export type DatapathInputs = {
  readonly interfaces: readonly string[];
  readonly ipvsServices: number | undefined;
  readonly mounts: readonly string[];
  /** As kube-proxy tells it; undefined where it was not asked, or did not answer. */
  readonly kubeProxyMode: string | undefined;
  /** Whether two timeouts are those that kube-proxy sets and hardly anything else. */
  readonly hasKubeProxyTimeouts: boolean;
};

type Plugin = {
  readonly name: string;
  /** Names of interfaces that it makes, and nobody else. */
  readonly interfaces: RegExp;
  /** Where its connections are in BPF maps: always, or where this interface is there too. */
  readonly bpf?: RegExp | 'always';
  /** Folders that it mounts into for BPF. */
  readonly mounts?: string;
  readonly bpfMetric?: string;
  /** Translates the addresses of services without kube-proxy. */
  readonly proxy?: string;
  /** Only names the pods' interfaces, whoever carries their connections. */
  readonly namesOnly?: true;
};

/** Network plugins by what they leave in /proc/net/dev. */
const PLUGINS: readonly Plugin[] = [
  {
    name: 'cilium',
    interfaces: /^(cilium_(host|net|vxlan|geneve|wg0)|lxc_health|lxc[0-9a-f]{12})$/,
    bpf: 'always',
    mounts: '/run/cilium/',
    bpfMetric: 'cilium_bpf_map_pressure',
  },
  {
    // The pair bpfin.cali and bpfout.cali (bpfnatin and bpfnatout before 3.20) is there in eBPF mode only, and taken away after it.
    name: 'calico',
    interfaces: /^(cali[0-9a-f]{11}|vxlan(-v6)?\.calico|wireguard\.cali|wg-v6\.cali|bpf(nat)?(in|out)(\.cali)?)$/,
    bpf: /^bpf(nat)?(in|out)(\.cali)?$/,
    mounts: '/run/calico/cgroup',
  },
  { name: 'ovn-kubernetes', interfaces: /^ovn-k8s-(mp\d+|gw0)$/, proxy: 'ovn' },
  { name: 'kube-ovn', interfaces: /^ovn0$/ },
  { name: 'kube-router', interfaces: /^kube-(bridge|dummy-if)$/ },
  { name: 'antrea', interfaces: /^antrea-(gw0|tun0|egress0|ingress0)$/ },
  { name: 'flannel', interfaces: /^flannel(\.\d+|-v6\.\d+|-wg(-v6)?|\.ipip|\.\w{1,8})$/ },
  { name: 'weave', interfaces: /^(weave|vethwe-(bridge|datapath|pcap))$/ },
  { name: 'aws-vpc-cni', interfaces: /^(eni[0-9a-f]{11}|pod-id-link0)$/ },
  { name: 'azure-cni', interfaces: /^azv[0-9a-f]{7,12}$/ },
  { name: 'gke', interfaces: /^gke[0-9a-f]{11}$/, namesOnly: true },
];

/** How a node connects its pods, as far as this shows; undefined where nothing does. */
export function datapathOf(inputs: DatapathInputs): Datapath | undefined {
  const found = PLUGINS.flatMap((plugin) => foundOf(plugin, inputs) ?? []);
  const proxy = kubeProxyOf(inputs);
  if (found.length === 0 && proxy === undefined) return undefined;
  const bpf = found.filter(({ isBpf }) => isBpf);
  const others = found.filter(({ isBpf, plugin }) => !isBpf && plugin.namesOnly !== true);
  return {
    cni: found.map(({ plugin }) => plugin.name).join('+') || 'unknown',
    proxy:
      proxy?.name ?? (bpf.length > 0 ? 'bpf' : found.find(({ plugin }) => plugin.proxy)?.plugin.proxy) ?? 'unknown',
    carries: carrierOf(bpf.length > 0, others.length > 0, found.length > 0, proxy),
    seen: [...found.flatMap(({ seen }) => seen), ...(proxy?.seen ?? [])],
    bpfMetric: bpf.find(({ plugin }) => plugin.bpfMetric)?.plugin.bpfMetric,
  };
}

type Found = { readonly plugin: Plugin; readonly isBpf: boolean; readonly seen: readonly string[] };

const NAMED = 3;

function foundOf(plugin: Plugin, { interfaces, mounts }: DatapathInputs): Found | undefined {
  const own = interfaces.filter((name) => plugin.interfaces.test(name));
  const mounted = mounts.find(
    (target) => plugin.mounts !== undefined && target.replace(/^\/var/, '').startsWith(plugin.mounts),
  );
  if (own.length === 0 && mounted === undefined) return undefined;
  const bpf = plugin.bpf;
  const isBpf = bpf === 'always' || (bpf !== undefined && own.some((name) => bpf.test(name)));
  const shown = own.slice(0, NAMED).join(', ');
  const rest = own.length > NAMED ? ` and ${own.length - NAMED} more` : '';
  const seen = [
    ...(own.length === 0 ? [] : [`interfaces of ${plugin.name}: ${shown}${rest}`]),
    ...(mounted === undefined ? [] : [`${mounted} is mounted`]),
  ];
  return { plugin, isBpf, seen };
}

type KubeProxy = { readonly name: string; readonly seen: readonly string[]; readonly isCertain: boolean };

/** Undefined where nothing shows that kube-proxy, or what does its work by IPVS, runs here. */
function kubeProxyOf(inputs: DatapathInputs): KubeProxy | undefined {
  const { kubeProxyMode: mode, hasKubeProxyTimeouts, interfaces, ipvsServices } = inputs;
  if (mode !== undefined) return { name: mode, seen: [`kube-proxy answers, mode ${mode}`], isCertain: true };
  const dummy = interfaces.find((name) => name === 'kube-ipvs0' || name === 'kube-dummy-if');
  if (dummy !== undefined || (ipvsServices ?? 0) > 0) {
    const seen = dummy === undefined ? `IPVS has ${ipvsServices} services` : `the interface ${dummy}`;
    return { name: 'ipvs', seen: [seen], isCertain: true };
  }
  if (!hasKubeProxyTimeouts) return undefined;
  return { name: 'kube-proxy', seen: ['timeouts as kube-proxy sets them'], isCertain: false };
}

/** kube-proxy translates in the kernel's table whatever its mode, so beside BPF both carry; timeouts alone may be what it left behind. */
function carrierOf(hasBpf: boolean, hasOthers: boolean, hasPlugin: boolean, proxy: KubeProxy | undefined): Carrier {
  if (hasBpf) return hasOthers || proxy !== undefined ? 'mixed' : 'bpf';
  if (hasPlugin || proxy?.isCertain === true) return 'nf_conntrack';
  return 'unknown';
}

/** Who connects the pods of a node, and whether their connections are in the kernel's table at all. */

/**
 * Where the pods' connections are: in the kernel's table, in maps of BPF programs, in both, or nobody knows.
 */
export const CARRIERS = ['nf_conntrack', 'bpf', 'mixed', 'unknown'] as const;
export type Carrier = (typeof CARRIERS)[number];

export type Datapath = {
  /** Names of network plugins, with `+` between several; `unknown` where none shows. */
  readonly cni: string;
  /** Who translates the addresses of services: a mode of kube-proxy, `kube-proxy` where its mode is not known, `bpf`, `ovn`, or `unknown`. */
  readonly proxy: string;
  readonly carries: Carrier;
  /** What this rests on, one phrase each. Interfaces can be renamed and left behind, so it is never certain. */
  readonly seen: readonly string[];
  /** The metric that tells how full the BPF maps are; undefined where no plugin with such a metric shows. */
  readonly bpfMetric: string | undefined;
};

/** What must be known before any number of the table; undefined where the table means what it seems to. */
export function carrierNotice(carries: Carrier): string | undefined {
  if (carries === 'bpf') return "This table does not carry the pods' connections, BPF does";
  return carries === 'mixed' ? "This table carries only a part of the pods' connections, BPF the rest" : undefined;
}

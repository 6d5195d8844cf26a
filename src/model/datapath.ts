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

/** Sentences without their period. */
export const CARRIER_TEXTS: Readonly<Record<Carrier, string>> = {
  nf_conntrack: "This table carries the pods' connections",
  bpf: "This table does not carry the pods' connections, BPF does",
  mixed: "This table carries only a part of the pods' connections, BPF the rest",
  unknown: "Whether this table carries the pods' connections is not known",
};

/** What must be known before any number of the table; undefined where the table means what it seems to. */
export function carrierNotice(carries: Carrier): string | undefined {
  return carries === 'bpf' || carries === 'mixed' ? CARRIER_TEXTS[carries] : undefined;
}

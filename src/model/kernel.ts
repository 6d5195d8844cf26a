/** Constants of the kernel that decisions depend on. */

/** Share of the limit from which the kernel evicts entries before their time (net/netfilter/nf_conntrack_core.c, gc_worker). */
export const EVICTION_USAGE = 0.95;

/** Bits of an entry's status (include/uapi/linux/netfilter/nf_conntrack_common.h, enum ip_conntrack_status), those that are read. */
export const IPS = {
  SEEN_REPLY: 1 << 1,
  ASSURED: 1 << 2,
  SRC_NAT: 1 << 4,
  DST_NAT: 1 << 5,
  OFFLOAD: 1 << 14, // Linux 4.16
  HW_OFFLOAD: 1 << 15, // Linux 5.7
} as const;

/** Bytes of one entry: a 256-byte slab object on Linux 6.18, about 320 with its extensions. */
const ENTRY_BYTES = 320;
/** One hlist_nulls_head per bucket. */
const BUCKET_BYTES = 8;

/** Kernel memory, in bytes, of a table with this many entries and hash buckets. An estimate from slab sizes. */
export function tableBytes(entries: number, buckets: number): number {
  return entries * ENTRY_BYTES + buckets * BUCKET_BYTES;
}

/**
 * The line of a container that lets it list flows. Root with that one capability: Kubernetes gives a container of another
 * user nothing of what `add` names.
 */
export const MANIFEST_LINE =
  'securityContext: { runAsUser: 0, runAsNonRoot: false, capabilities: { drop: [ALL], add: [NET_ADMIN] } }';

/**
 * Why no entry was made for a packet, insert failures aside: the kernel adds all four to `drop`. `tracker`: the tracker of its
 * protocol refused it (nf_conntrack_in counts such a packet as `invalid` too). Only a full table is helped by a higher limit.
 */
export const DROP_CAUSES = ['table_full', 'tracker', 'memory', 'unknown'] as const;
export type DropCause = (typeof DROP_CAUSES)[number];

/** Packets, in total or within some time. */
export type DropsByCause = Readonly<Record<DropCause, number>>;

export const NO_DROPS: DropsByCause = { table_full: 0, tracker: 0, memory: 0, unknown: 0 };

/** Those that happened while the table had headroom. */
export function dropsBelowLimit({ tracker, memory, unknown }: DropsByCause): number {
  return tracker + memory + unknown;
}

/** Below this share of it the kernel, which may not wait for memory here, is likely to be refused an entry. */
const SHORT_SHARE = 0.02;

/** Whether the memory of the node is so short that it may have been missing for an entry. */
export function isShortOfMemory(memory: { readonly totalBytes: number; readonly availableBytes: number }): boolean {
  return memory.availableBytes < SHORT_SHARE * memory.totalBytes;
}

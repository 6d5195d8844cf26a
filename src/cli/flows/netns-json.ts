import type { NetnsScan } from '../../host/netns-entries.ts';

export type NetnsJsonParts = {
  readonly node: string;
  readonly scan: NetnsScan;
  /** nf_conntrack_max, which holds for each namespace by itself. */
  readonly limit: number | undefined;
  readonly wallMs: number;
};

/** The answer of `flows --by netns --json`. What is not known is left out. */
export function netnsJson({ node, scan, limit, wallMs }: NetnsJsonParts): unknown {
  const { top, namespaces, entries, isComplete, showsNode } = scan;
  return {
    node,
    at: new Date(wallMs).toISOString(),
    limit,
    entries,
    namespaces,
    isComplete,
    showsNode,
    top: top.map(({ inode, ...row }) => ({ netns: inode, share: shareOf(row.entries, entries), ...row })),
  };
}

/** Of the entries of all namespaces together. */
export function shareOf(part: number, entries: number): number {
  return entries === 0 ? 0 : part / entries;
}

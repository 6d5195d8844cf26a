/** Count and limit of the table at one instant of a monotonic clock; undefined where the kernel did not tell. */
export type TableSample = {
  readonly atMs: number;
  readonly entries: number | undefined;
  readonly limit: number | undefined;
};

/**
 * Share of the limit in use; above 1 is legal (the kernel counts an entry before it checks, and lowering the limit
 * evicts nobody). Undefined without both numbers, and for a limit of 0, which meant "unlimited" on old kernels.
 */
export function usageOf({ entries, limit }: Pick<TableSample, 'entries' | 'limit'>): number | undefined {
  return entries === undefined || limit === undefined || limit === 0 ? undefined : entries / limit;
}

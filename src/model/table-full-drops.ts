import type { CounterTotals } from './status.ts';

/**
 * The kernel adds what a full table drops to `drop`, with others that `DropCauses` tells from them, and packets lost to insert failures; those are in
 * `insert_failed` too, together with insertions that failed because of a long chain (`chainlength`, since 5.15), which are not in `drop`.
 * Below 0 where the CPUs were read between two increments.
 * @param dropHasInsertFailures see `readDropHasInsertFailures()`
 */
export function tableFullDrops(counters: CounterTotals, dropHasInsertFailures = true): number | undefined {
  const drop = counters.get('drop');
  const failures = dropHasInsertFailures ? insertFailures(counters) : 0;
  return drop === undefined || failures === undefined ? undefined : drop - failures;
}

/** Insertions that failed for another reason than a long chain. */
export function insertFailures(counters: CounterTotals): number | undefined {
  const failed = counters.get('insert_failed');
  return failed === undefined ? undefined : Math.max(0, failed - (counters.get('chainlength') ?? 0));
}

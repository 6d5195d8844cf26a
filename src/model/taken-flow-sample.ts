import type { FlowSample, IncompleteReason } from './flow-sample.ts';

/** How the dump went that the flows came from. */
export type FlowSampleEnd = {
  readonly isComplete: boolean;
  readonly incompleteReason?: IncompleteReason | undefined;
  /** Entries of the table before and after. */
  readonly entriesBefore: number | undefined;
  readonly entriesAfter: number | undefined;
};

/** A flow sample, and how it was come by. */
export type TakenFlowSample = {
  readonly flowSample: FlowSample;
  /** nf_conntrack_max at the time. */
  readonly limit: number | undefined;
  /** See unlistedOf(). */
  readonly unlisted: number | undefined;
  readonly durationSeconds: number;
  /** When it ended, milliseconds of the monotonic clock. */
  readonly endedMs: number;
};

/**
 * Entries that the kernel counts and no listing shows: unconfirmed, clashing and dying ones. Undefined unless the kernel
 * listed all it had, though that be far too few, and the count is known. The lower of both counts, so that a table that grows or shrinks meanwhile fakes none.
 */
export function unlistedOf(
  { isComplete, incompleteReason, entriesBefore, entriesAfter }: FlowSampleEnd,
  read: number,
): number | undefined {
  const isListed = isComplete || incompleteReason === 'short';
  if (!isListed || entriesBefore === undefined || entriesAfter === undefined) return undefined;
  return Math.max(0, Math.min(entriesBefore, entriesAfter) - read);
}

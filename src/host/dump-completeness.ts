import type { IncompleteReason } from '../model/flow-sample.ts';
import type { FlowBatch } from '../netlink/flow-batch.ts';

/**
 * The kernel counts entries that it never lists, in numbers: packets under way and in queues, of which a queue holds 1024
 * by default. More of them than that, and than this part of all entries, is a listing with something missing.
 */
const SHORT_ENTRIES = 1024;
const SHORT_RATIO = 0.05;

/** How a dump went. */
export type Walk = {
  readonly batch: Pick<FlowBatch, 'end' | 'isIncomplete'>;
  /** Whether the size of the hash was ever another than at the beginning. */
  readonly isResized: boolean;
  readonly read: number;
  readonly entriesBefore: number | undefined;
  readonly entriesAfter: number | undefined;
};

/** Undefined when every flow was listed, once. */
export function incompleteReasonOf(walk: Walk): IncompleteReason | undefined {
  const { batch, isResized, read, entriesBefore, entriesAfter } = walk;
  if (isResized) return 'resized';
  if (batch.isIncomplete) return 'interrupted';
  if (batch.end === undefined) return 'budget';
  if (entriesBefore === undefined || entriesAfter === undefined) return undefined;
  const least = Math.min(entriesBefore, entriesAfter); // A table that grows or shrinks meanwhile is not short.
  return least - read > Math.max(SHORT_ENTRIES, SHORT_RATIO * least) ? 'short' : undefined;
}

/** What is short remains so: the kernel would list the same again. */
export function isWorthAnotherTry(reason: IncompleteReason | undefined): boolean {
  return reason === 'resized' || reason === 'interrupted';
}

import { LOSSES, type LossId, REFUSED } from './advice/counter-causes.ts';
import type { Status } from './table-judge.ts';

export type CauseId = 'refused' | LossId;

/** One way to lose packets or flows, as the page tells of it. */
export type Cause = {
  readonly id: CauseId;
  /** A name of two words or so. */
  readonly label: string;
  /** What happens, in one sentence without its period. */
  readonly sentence: string;
  /** Completes the verdict on a node that suffers from it. */
  readonly says: string;
  readonly remedy: readonly string[];
  /** As many happen on a healthy node. */
  readonly normalPerSecond: number;
  /** All there were so far; undefined where the kernel does not tell. */
  readonly total: (status: Status) => number | undefined;
};

/** Worst first. */
export const CAUSES: readonly Cause[] = [
  { id: 'refused', ...REFUSED, total: ({ tableFullDrops }) => tableFullDrops },
  ...LOSSES.map(({ id, column, of, label, sentence, says, remedy, normalPerSecond }) => ({
    id,
    label,
    sentence,
    says,
    remedy,
    normalPerSecond,
    total: ({ counters }: Status) => (counters?.has(column) ? of(counters) : undefined),
  })),
];

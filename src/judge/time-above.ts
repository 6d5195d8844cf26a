import type { HistorySlice } from './history.ts';

/** The marks of the alerts: worth a look, high, and where the kernel begins to evict. */
export const USAGE_MARKS = [0.75, 0.9, 0.95] as const;

export type TimeAbove = {
  /** Seconds in which count and limit are known. */
  readonly seconds: number;
  /** Part of them, 0 to 1, in which the usage was above the mark at some moment. */
  readonly shares: readonly { readonly usage: number; readonly share: number }[];
};

/** How long the table was above each mark; undefined while nothing is known. */
export function timeAbove({ columns: { peak, limit } }: HistorySlice): TimeAbove | undefined {
  const usages = peak
    .map((value, i) => (limit[i]! > 0 ? value / limit[i]! : Number.NaN))
    .filter((u) => !Number.isNaN(u));
  const seconds = usages.length;
  if (seconds === 0) return undefined;
  const shareAbove = (mark: number) => usages.filter((usage) => usage > mark).length / seconds;
  return { seconds, shares: USAGE_MARKS.map((usage) => ({ usage, share: shareAbove(usage) })) };
}

import type { TimeAbove } from '../model/reports.ts';
import type { Thresholds } from '../model/thresholds.ts';
import type { HistorySlice } from './history.ts';

/** Worth a look, whatever the alarms say. */
const NOTABLE_USAGE = 0.75;

/** How long the table was above three quarters and above each threshold of usage; undefined while nothing is known. */
export function timeAbove(
  { columns: { peak, limit } }: HistorySlice,
  { highUsage, nearlyFullUsage }: Thresholds,
): TimeAbove | undefined {
  const usages = peak
    .map((value, i) => (limit[i]! > 0 ? value / limit[i]! : Number.NaN))
    .filter((u) => !Number.isNaN(u));
  const seconds = usages.length;
  if (seconds === 0) return undefined;
  const shareAbove = (threshold: number) => usages.filter((usage) => usage > threshold).length / seconds;
  const thresholds = [...new Set([NOTABLE_USAGE, highUsage, nearlyFullUsage])].sort((a, b) => a - b);
  return { seconds, shares: thresholds.map((usage) => ({ usage, share: shareAbove(usage) })) };
}

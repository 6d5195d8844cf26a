import { CAUSES, type Cause } from './causes.ts';
import type { HistorySlice } from './history.ts';

const RATE_SECONDS = 10;
const MINUTE = 60;

/** What was lost in one way, in packets; entries, for those evicted. */
export type LossReport = Omit<Cause, 'total' | 'normalPerSecond'> & {
  /** Mean of the last ten seconds. */
  readonly perSecond: number;
  readonly lastMinute: number;
  /** Of the last hour, or of as much of it as the slice holds. */
  readonly lastHour: number;
  /** More of it in the last minute than a healthy node has. */
  readonly isTrouble: boolean;
};

/** Each cause the kernel tells of, out of an hour of history; undefined where it tells of none. */
export function lossReports({ columns }: HistorySlice): readonly LossReport[] | undefined {
  const reports = CAUSES.flatMap(({ total: _, normalPerSecond, ...cause }) => {
    const column = columns[cause.id];
    const recent = sumOf(column.subarray(-MINUTE));
    if (recent === undefined) return [];
    const perSecond = (sumOf(column.subarray(-RATE_SECONDS)) ?? 0) / RATE_SECONDS;
    const isTrouble = recent > normalPerSecond * MINUTE;
    return [{ ...cause, perSecond, lastMinute: recent, lastHour: sumOf(column) ?? recent, isTrouble }];
  });
  return reports.length === 0 ? undefined : reports;
}

/** Undefined when nothing in it is known. */
function sumOf(values: Float64Array): number | undefined {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0);
}

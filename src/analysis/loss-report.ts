import { LOSS_CAUSE_ROWS } from '../model/loss-causes.ts';
import type { LossReport } from '../model/reports.ts';
import type { Thresholds } from '../model/thresholds.ts';
import type { HistorySlice } from './history.ts';

const RATE_SECONDS = 10;
const MINUTE = 60;

/** Each cause the kernel tells of, out of an hour of history; undefined where it tells of none. */
export function lossReports({ columns }: HistorySlice, thresholds: Thresholds): readonly LossReport[] | undefined {
  const reports = LOSS_CAUSE_ROWS.flatMap(({ id, label, sentence, summary, remedy, baselinePerSecond }) => {
    const lastMinute = sumOf(columns[id].subarray(-MINUTE));
    if (lastMinute === undefined) return [];
    const perSecond = (sumOf(columns[id].subarray(-RATE_SECONDS)) ?? 0) / RATE_SECONDS;
    const isAboveBaseline = lastMinute > baselinePerSecond(thresholds) * MINUTE;
    const lastHour = sumOf(columns[id]) ?? lastMinute;
    return [{ id, label, sentence, summary, remedy, perSecond, lastMinute, lastHour, isAboveBaseline }];
  });
  return reports.length === 0 ? undefined : reports;
}

/** Undefined when nothing in it is known. */
function sumOf(values: Float64Array): number | undefined {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0);
}

import { LOSS_CAUSE_IDS, LOSS_CAUSE_ROWS, type LossCauseId } from '../../model/alarms/loss-causes.ts';
import type { Thresholds } from '../../model/alarms/thresholds.ts';
import type { TableSample } from '../../model/reading.ts';
import type { Status, UsageCounts } from '../../model/status.ts';
import type { LossReport, TimeAbove } from '../../model/status-json.ts';

/** An hour, a second each: fifteen columns of 8 bytes make 422 KiB, all of it taken at the start and never more. */
const HOUR_SECONDS = 3600;

type Column = 'entries' | 'limit' | 'peak' | LossCauseId;
const COLUMNS: readonly Column[] = ['entries', 'limit', 'peak', ...LOSS_CAUSE_IDS];

/** Consecutive seconds, oldest first, up to and with `endSecond`; NaN where nothing is known. */
type HistorySlice = {
  /** Seconds of the monotonic clock, by which two slices can be aligned. */
  readonly endSecond: number;
  readonly columns: Readonly<Record<Column, Float64Array>>;
};

/**
 * The table in each second of the last hour. A second without a sample, or in which the table could not be read, is NaN.
 * A clock that goes back starts a new history.
 */
export class History {
  readonly #seconds: number;
  readonly #columns: Readonly<Record<Column, Float64Array>>;
  #totals: ReadonlyMap<LossCauseId, number> = new Map();
  #first: number | undefined;
  #last: number | undefined;

  constructor(seconds = HOUR_SECONDS) {
    this.#seconds = seconds;
    const columns = COLUMNS.map((column) => [column, new Float64Array(seconds).fill(Number.NaN)]);
    this.#columns = Object.fromEntries(columns) as Record<Column, Float64Array>;
  }

  /** Of each second the latest count and limit and the highest count are kept. */
  addSample({ atMs, entries = Number.NaN, limit = Number.NaN }: TableSample): void {
    const slot = this.#slotAt(atMs);
    const { entries: counts, limit: limits, peak } = this.#columns;
    counts[slot] = entries;
    limits[slot] = limit;
    if (!(peak[slot]! >= entries)) peak[slot] = Number.isNaN(entries) ? peak[slot]! : entries;
  }

  /** Adds what was lost since the status before; the first status has none before it. */
  addLosses(status: Status): void {
    const slot = this.#slotAt(status.atMs);
    const totals = new Map<LossCauseId, number>();
    for (const { id, lost } of LOSS_CAUSE_ROWS) {
      const now = lost(status);
      if (now === undefined) continue;
      totals.set(id, now);
      const before = this.#totals.get(id);
      const column = this.#columns[id];
      if (before !== undefined) column[slot] = (column[slot] || 0) + Math.max(0, now - before);
    }
    this.#totals = totals;
  }

  /** The last so many seconds; fewer where the agent has run for less. */
  last(seconds: number, nowMs: number): HistorySlice {
    const endSecond = Math.floor(nowMs / 1000);
    const first = this.#first ?? endSecond;
    const length = Math.max(0, Math.min(seconds, this.#seconds, endSecond - first + 1));
    const cut = (column: Column) => this.#cut(this.#columns[column], endSecond, length);
    const columns = Object.fromEntries(COLUMNS.map((column) => [column, cut(column)]));
    return { endSecond, columns: columns as HistorySlice['columns'] };
  }

  #cut(column: Float64Array, endSecond: number, length: number): Float64Array {
    const last = this.#last ?? Number.NEGATIVE_INFINITY;
    return Float64Array.from({ length }, (_, i) => {
      const second = endSecond - length + 1 + i;
      return second > last ? Number.NaN : column[second % this.#seconds]!;
    });
  }

  /** Slot of this instant; slots of seconds that were skipped since the last one are emptied. */
  #slotAt(atMs: number): number {
    const second = Math.floor(atMs / 1000);
    const last = this.#last;
    if (last === undefined || second < last) this.#begin(second);
    else
      for (let empty = Math.max(last + 1, second - this.#seconds + 1); empty <= second; empty += 1) this.#clear(empty);
    this.#last = second;
    return second % this.#seconds;
  }

  #begin(second: number): void {
    for (const column of Object.values(this.#columns)) column.fill(Number.NaN);
    this.#totals = new Map();
    this.#first = second;
  }

  #clear(second: number): void {
    for (const column of COLUMNS) this.#columns[column][second % this.#seconds] = Number.NaN;
  }
}

/** Reported in addition to the thresholds of the alarms. */
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

const RATE_SECONDS = 10;
const MINUTE = 60;

/** Every cause that the kernel counts, from an hour of history; undefined where it counts none. */
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

/** Usage that dashboards and runbooks ask for: each bucket is a series of every node. */
const UPPER_BOUNDS = [0.75, 0.9, 0.95] as const;

/** How often usage was at most a given share of the limit, cumulative as Prometheus has it. */
export class UsageHistogram {
  readonly #within: number[] = UPPER_BOUNDS.map(() => 0);
  #samples = 0;
  #sum = 0;

  add(usage: number): void {
    this.#samples += 1;
    this.#sum += usage;
    for (const [i, bound] of UPPER_BOUNDS.entries()) if (usage <= bound) this.#within[i]! += 1;
  }

  /** Undefined before the first sample: empty buckets would look like a table that is never full. */
  get counts(): UsageCounts | undefined {
    if (this.#samples === 0) return undefined;
    const buckets = UPPER_BOUNDS.map((upTo, i) => ({ upTo, samples: this.#within[i]! }));
    return { buckets, samples: this.#samples, sum: this.#sum };
  }
}

import type { HistoryJson, StatusJson } from '../../model/status-json.ts';
import { count } from '../../model/text/numbers.ts';

const HOUR = 3600;

type Column = (number | null)[];
const COLUMNS = ['entries', 'peak', 'limit', 'dropped'] as const;
type ColumnName = (typeof COLUMNS)[number];

/** The last hour as the agent tells it, piece by piece. */
export class Seconds {
  readonly #columns: Readonly<Record<ColumnName, Column>> = { entries: [], peak: [], limit: [], dropped: [] };
  /** Seconds since the epoch, one for each number. */
  #times: readonly number[] = [];
  #firstSecond = 0;
  /** What makes a second of the agent's steady clock a time of day. */
  #offset = 0;

  /** Forgets what was before: the agent may be another one, whose seconds are counted from another start. */
  begin(history: HistoryJson): void {
    for (const name of COLUMNS) this.#columns[name].length = 0;
    this.#firstSecond = history.endSecond - history.entries.length + 1;
    this.#offset = offsetOf(history);
    this.merge(history);
  }

  /** Lays newer seconds over those there are; what lies between is a gap. */
  merge(history: HistoryJson): void {
    const offset = offsetOf(history);
    if (Math.abs(offset - this.#offset) > 1) this.#offset = offset; // A second either way is rounding.
    const start = history.endSecond - history.entries.length + 1 - this.#firstSecond;
    for (const name of COLUMNS) {
      const column = this.#columns[name];
      while (column.length < start) column.push(null);
      for (const [i, value] of history[name].entries()) if (start + i >= 0) column[start + i] = value;
    }
    this.#trim();
    this.#times = this.#columns.entries.map((_, i) => this.#offset + this.#firstSecond + i);
  }

  get times(): readonly number[] {
    return this.#times;
  }

  column(name: ColumnName): readonly (number | null)[] {
    return this.#columns[name];
  }

  #trim(): void {
    const surplus = this.#columns.entries.length - HOUR;
    if (surplus <= 0) return;
    for (const name of COLUMNS) this.#columns[name].splice(0, surplus);
    this.#firstSecond += surplus;
  }
}

function offsetOf({ at, endSecond }: HistoryJson): number {
  return Math.round(Date.parse(at) / 1000) - endSecond;
}

export type Point = { readonly time: number; readonly value: number };

const SPANS = [300, 600, 900, 1800, 3600];

/** From and to which time the chart reaches: as much of the past as there is, in few steps, and a quarter of it ahead. */
export function spanOf(times: readonly number[]): [from: number, to: number] {
  const now = times.at(-1) ?? 0;
  const past = SPANS.find((span) => span >= times.length) ?? 3600;
  return [now - past, now + past / 4];
}

/**
 * The straight line that the agent's forecast is: the present growth, as far as the chart reaches and the table has room,
 * and no lower than empty. Undefined while the growth is not known.
 */
export function forecastOf(
  { entries, limit, growthPerSecond }: StatusJson['table'],
  now: number | undefined,
): readonly [Point, Point] | undefined {
  if (entries === undefined || growthPerSecond === undefined || now === undefined) return undefined;
  const end = growthPerSecond > 0 ? (limit ?? Number.POSITIVE_INFINITY) : 0;
  const room = growthPerSecond === 0 ? Number.POSITIVE_INFINITY : Math.max(0, (end - entries) / growthPerSecond);
  const seconds = Math.min(900, room);
  return [
    { time: now, value: entries },
    { time: now + seconds, value: entries + seconds * growthPerSecond },
  ];
}

/** The numbers under the pointer. */
export function readoutOf(seconds: Seconds, index: number | null | undefined): string {
  const time = index === null || index === undefined ? undefined : seconds.times[index];
  if (time === undefined) return 'one number a second';
  const [entries, peak, dropped] = (['entries', 'peak', 'dropped'] as const).map(
    (name) => seconds.column(name)[index!],
  );
  const at = `${new Date(time * 1000).toISOString().slice(11, 19)} UTC`;
  if (entries === null || entries === undefined) return `${at}: not known`;
  const lost = dropped ? `, ${count(dropped)} packets dropped` : '';
  return `${at}: ${count(entries)} entries, peak ${count(peak ?? entries)}${lost}`;
}

import type { HistoryJson } from '../../model/status-json.ts';

const HOUR = 3600;

type Column = (number | null)[];
const COLUMNS = ['entries', 'peak', 'limit', 'dropped'] as const;
export type ColumnName = (typeof COLUMNS)[number];

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

const MINUTES = 60;
const MINUTE_MS = 60_000;

export type HourTotals = {
  readonly kept: number;
  readonly new: number;
  readonly socket: number;
  /** 0 without a scrape. */
  readonly slowestMs: number;
  /** Minutes of the hour with a scrape. */
  readonly minutes: number;
};

type Minute = { minute: number; kept: number; new: number; socket: number; slowestMs: number };

/** Scrapes of the last hour, minute by minute. */
export class HourCounts {
  /** Oldest first; minutes without a scrape are not there. */
  readonly #minutes: Minute[] = [];

  add(kind: 'kept' | 'new' | 'socket', durationMs: number, atMs: number): void {
    const minute = Math.floor(atMs / MINUTE_MS);
    let last = this.#minutes.at(-1);
    if (last?.minute !== minute) {
      last = { minute, kept: 0, new: 0, socket: 0, slowestMs: 0 };
      this.#minutes.push(last);
      this.#expire(minute);
    }
    last[kind] += 1;
    last.slowestMs = Math.max(last.slowestMs, durationMs);
  }

  totalsAt(nowMs: number): HourTotals {
    this.#expire(Math.floor(nowMs / MINUTE_MS));
    const totals = { kept: 0, new: 0, socket: 0, slowestMs: 0, minutes: this.#minutes.length };
    for (const minute of this.#minutes) {
      totals.kept += minute.kept;
      totals.new += minute.new;
      totals.socket += minute.socket;
      totals.slowestMs = Math.max(totals.slowestMs, minute.slowestMs);
    }
    return totals;
  }

  #expire(minute: number): void {
    while ((this.#minutes[0]?.minute ?? minute) <= minute - MINUTES) this.#minutes.shift();
  }
}

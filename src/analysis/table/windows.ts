export type TimedValue = { readonly atMs: number; readonly value: number };

/** Highest value of the trailing window. A value expires by time and not by being scraped, since two Prometheus replicas may scrape. */
export class SlidingMax {
  readonly #windowMs: number;
  readonly #falling: TimedValue[] = []; // oldest first, values strictly falling, so the head is always the peak

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  add(sample: TimedValue): void {
    while ((this.#falling.at(-1)?.value ?? Number.POSITIVE_INFINITY) <= sample.value) this.#falling.pop();
    this.#falling.push(sample);
    this.#expire(sample.atMs);
  }

  /** Undefined when the window holds no sample. */
  peakAt(nowMs: number): number | undefined {
    this.#expire(nowMs);
    return this.#falling[0]?.value;
  }

  #expire(nowMs: number): void {
    while ((this.#falling[0]?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs - this.#windowMs) this.#falling.shift();
  }
}

const WHOLE = 1000;

/**
 * Share of a trailing window, in whole seconds, that was spent above a threshold. Seconds without a sample count as
 * not above, so an agent that has just started reports a small share at first.
 */
export class TimeShare {
  readonly #windowSeconds: number;
  /** Share of each second in thousandths: whole numbers, whose sum stays exact. One slot more than the window, for the current second. */
  readonly #thousandths: Uint16Array;
  #second: number | undefined;
  #samples = 0;
  #above = 0;
  #sum = 0;

  constructor(windowSeconds: number) {
    this.#windowSeconds = windowSeconds;
    this.#thousandths = new Uint16Array(windowSeconds + 1);
  }

  add(isAbove: boolean, atMs: number): void {
    const second = Math.floor(atMs / 1000);
    if (second !== this.#second) this.#open(second);
    this.#samples += 1;
    if (isAbove) this.#above += 1;
  }

  /** 0 to 1, without the current second. */
  get share(): number {
    return this.#sum / (WHOLE * this.#windowSeconds);
  }

  #open(second: number): void {
    const { length } = this.#thousandths;
    if (this.#second !== undefined) {
      this.#put(this.#second, Math.round((WHOLE * this.#above) / this.#samples));
      for (let empty = Math.max(this.#second + 1, second - length); empty < second; empty += 1) this.#put(empty, 0);
    }
    // The slot of the current second holds a value that is older than the window.
    this.#put(second, 0);
    this.#second = second;
    this.#samples = 0;
    this.#above = 0;
  }

  #put(second: number, thousandths: number): void {
    const slot = second % this.#thousandths.length;
    this.#sum += thousandths - this.#thousandths[slot]!;
    this.#thousandths[slot] = thousandths;
  }
}

const STEP_MS = 15_000;

/** Growth of a running total over a trailing window. Growth during a gap between two totals counts at the end of the gap. */
export class RecentIncrease {
  readonly #windowMs: number;
  /** Oldest first; the first is the latest that is as old as the window, if any is. */
  readonly #totals: { readonly atMs: number; readonly total: number }[] = [];
  #now: number | undefined;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  add(total: number, atMs: number): void {
    const last = this.#totals.at(-1);
    if (last === undefined || atMs - last.atMs >= STEP_MS) this.#totals.push({ atMs, total });
    while ((this.#totals[1]?.atMs ?? Number.POSITIVE_INFINITY) <= atMs - this.#windowMs) this.#totals.shift();
    this.#now = total;
  }

  /** Undefined before the first total. */
  get increase(): number | undefined {
    return this.#now === undefined ? undefined : this.#now - this.#totals[0]!.total;
  }

  /** Over the whole window, even if the totals cover only a part of it. */
  get perSecond(): number | undefined {
    return this.increase === undefined ? undefined : this.increase / (this.#windowMs / 1000);
  }
}

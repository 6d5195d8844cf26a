import type { TimedValue } from './windows.ts';

const BLOCK_MS = 15_000;
/** Blocks of one of the three windows: five minutes. */
const WINDOW_BLOCKS = 20;
const WINDOW_SECONDS = (WINDOW_BLOCKS * BLOCK_MS) / 1000;
const BLOCKS = 3 * WINDOW_BLOCKS;

/**
 * Growth of the five-minute maxima: the smaller of the last two rises. A step, a burst or a saw-tooth with a period of up to five
 * minutes gives none, though the growth of the last minute may see a trend in it, or miss one below it.
 */
export class PeakTrend {
  /** Highest value of each block, by the number of the block modulo BLOCKS; NaN where there was no sample. */
  readonly #highest = new Float64Array(BLOCKS).fill(Number.NaN);
  #block: number | undefined;
  #trend: { readonly highest: number; readonly perSecond: number } | undefined;

  add({ atMs, value }: TimedValue): void {
    const block = Math.floor(atMs / BLOCK_MS);
    if (block !== this.#block) this.#open(block);
    const slot = block % BLOCKS;
    if (!(this.#highest[slot]! >= value)) this.#highest[slot] = value;
  }

  /** Seconds until the highest entries reach the limit; undefined while they do not rise, and in the first fifteen minutes. */
  secondsUntilFull(limit: number): number | undefined {
    if (this.#trend === undefined || this.#trend.perSecond <= 0) return undefined;
    return Math.max(0, limit - this.#trend.highest) / this.#trend.perSecond;
  }

  #open(block: number): void {
    if (this.#block !== undefined) {
      this.#trend = this.#trendUntil(this.#block);
      for (let skipped = Math.max(this.#block + 1, block - BLOCKS + 1); skipped <= block; skipped += 1)
        this.#highest[skipped % BLOCKS] = Number.NaN;
    }
    this.#block = block;
  }

  #trendUntil(last: number): { highest: number; perSecond: number } | undefined {
    const [now, before, first] = [0, 1, 2].map((age) => this.#highestOf(last - age * WINDOW_BLOCKS));
    if (now === undefined || before === undefined || first === undefined) return undefined;
    return { highest: now, perSecond: Math.min(now - before, before - first) / WINDOW_SECONDS };
  }

  /** Of the window that ends with this block; undefined when most of it had no samples. */
  #highestOf(last: number): number | undefined {
    let highest = Number.NEGATIVE_INFINITY;
    let seen = 0;
    for (let block = Math.max(0, last - WINDOW_BLOCKS + 1); block <= last; block += 1) {
      const value = this.#highest[block % BLOCKS]!;
      if (Number.isNaN(value)) continue;
      seen += 1;
      highest = Math.max(highest, value);
    }
    return seen < WINDOW_BLOCKS / 2 ? undefined : highest;
  }
}

import type { TimedValue } from './windows.ts';

/** Long enough that a spike of two seconds does not move its median, short enough to notice a ramp within half a minute. */
const BLOCK_MS = 5000;
/** The slope is taken over the last minute: the kernel's garbage collector may leave expired entries for that long. */
const SLOPE_MS = 60_000;
const WINDOW_MS = 2 * SLOPE_MS;
const MIN_BLOCKS = 4;
const RECENT_BLOCKS = 3;
/** After so long without samples growth is not known. */
const SILENCE_MS = MIN_BLOCKS * BLOCK_MS;

/**
 * Net growth of the table, not influenced by what is no trend:
 * - a spike: only medians of five-second blocks count;
 * - a step: of the slopes between all pairs of blocks, two thirds must be half as steep; half the pairs lie on one side of it;
 * - a saw-tooth with a period up to a minute: a rise counts only as far as the highest block of the newer half of the
 *   window is above the highest of the older half (for a fall: the lowest);
 * - a blocked event loop or a suspended machine: blocks have the time at which they were sampled, a short gap is a step,
 *   and after a long gap earlier samples are discarded.
 */
export class Growth {
  readonly #blocks: TimedValue[] = [];
  #open: TimedValue[] = [];
  #perSecond: number | undefined;

  add(sample: TimedValue): void {
    const last = this.#open.at(-1);
    if (last !== undefined && sample.atMs - last.atMs > SILENCE_MS) this.#forget();
    else if (last !== undefined && blockOf(sample.atMs) !== blockOf(last.atMs)) this.#closeBlock(sample.atMs);
    this.#open.push(sample);
  }

  /** Entries per second; undefined until there are enough samples, and when there have been none for a while. */
  perSecondAt(nowMs: number): number | undefined {
    const last = this.#open.at(-1);
    return last === undefined || nowMs - last.atMs > SILENCE_MS ? undefined : this.#perSecond;
  }

  /** Median of the last complete block of five seconds; undefined where there is none. */
  get latest(): number | undefined {
    return this.#blocks.at(-1)?.value;
  }

  /** Whether the last 15 seconds grew at least half as fast as the last minute: false soon after a rise has ended. */
  get isContinuing(): boolean {
    const [from, to] = [this.#blocks.at(-1 - RECENT_BLOCKS), this.#blocks.at(-1)];
    if (from === undefined || to === undefined || this.#perSecond === undefined) return false;
    return slopeBetween(from, to) >= this.#perSecond / 2;
  }

  #forget(): void {
    this.#open = [];
    this.#blocks.length = 0;
    this.#perSecond = undefined;
  }

  #closeBlock(nowMs: number): void {
    const value = median(this.#open.map((sample) => sample.value))!;
    const atMs = median(this.#open.map((sample) => sample.atMs))!;
    this.#open = [];
    this.#blocks.push({ atMs, value });
    while (this.#blocks[0]!.atMs < nowMs - WINDOW_MS - BLOCK_MS) this.#blocks.shift();
    this.#perSecond = this.#blocks.length < MIN_BLOCKS ? undefined : trendPerSecond(this.#blocks);
  }
}

function blockOf(atMs: number): number {
  return Math.floor(atMs / BLOCK_MS);
}

/** The trend of blocks in order of time, at least two of them. */
function trendPerSecond(blocks: readonly TimedValue[]): number {
  const newestMs = blocks.at(-1)!.atMs;
  const slope = agreedSlope(blocks.filter(({ atMs }) => newestMs - atMs < SLOPE_MS));
  if (slope === 0) return 0;
  const splitMs = newestMs - Math.min(SLOPE_MS, (newestMs - blocks[0]!.atMs) / 2);
  const older = blocks.filter(({ atMs }) => atMs < splitMs);
  const newer = blocks.filter(({ atMs }) => atMs >= splitMs);
  const direction = Math.sign(slope);
  const advance = slopeBetween(extreme(older, direction), extreme(newer, direction)) * direction;
  return direction * Math.max(0, Math.min(Math.abs(slope), advance));
}

/** The highest block (direction 1) or the lowest (-1); of equals the latest. */
function extreme(blocks: readonly TimedValue[], direction: number): TimedValue {
  return blocks.reduce((best, block) => ((block.value - best.value) * direction >= 0 ? block : best));
}

/**
 * The median of the slopes between all pairs of blocks, where two thirds of them are at least half as steep, upwards or
 * downwards; twice what two thirds agree on where they are not. 0 when they do not agree on a direction.
 */
function agreedSlope(blocks: readonly TimedValue[]): number {
  const slopes = blocks.flatMap((earlier, i) => blocks.slice(i + 1).map((later) => slopeBetween(earlier, later)));
  const sorted = Float64Array.from(slopes).sort();
  const third = Math.floor(sorted.length / 3);
  const up = Math.max(0, sorted[third] ?? 0);
  const down = Math.min(0, sorted[sorted.length - 1 - third] ?? 0);
  const middle = sorted[sorted.length >> 1] ?? 0;
  if (up > 0) return Math.min(middle, 2 * up);
  return down < 0 ? Math.max(middle, 2 * down) : 0;
}

function slopeBetween(earlier: TimedValue, later: TimedValue): number {
  return (later.value - earlier.value) / ((later.atMs - earlier.atMs) / 1000);
}

/** Middle of the values; the mean of the two middle ones when they are even in number. Undefined for none. */
export function median(values: readonly number[]): number | undefined {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return undefined;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const PEAK_BLOCK_MS = 15_000;
/** Blocks of one of the three windows: five minutes. */
const WINDOW_BLOCKS = 20;
const WINDOW_SECONDS = (WINDOW_BLOCKS * PEAK_BLOCK_MS) / 1000;
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
    const block = Math.floor(atMs / PEAK_BLOCK_MS);
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

import type { TimedValue } from './windows.ts';

const BLOCK_MS = 5_000;
const MEAN_BLOCKS = 6;
const YOUNGEST_MS = 5 * 60_000;
const OLDEST_MS = YOUNGEST_MS + 60 * 60_000;

/**
 * The highest level within the last hour that the table came back from. A rise below it is not forecast, since the table is
 * likely to come back again: long saw-teeth, batch jobs every few minutes. Levels are means of half a minute, so that a burst
 * does not count.
 */
export class RecentMaximum {
  /** Means of the minutes that ended with each block, oldest first. */
  readonly #means: TimedValue[] = [];
  readonly #blocks: number[] = [];
  #sum = 0;
  #count = 0;
  #block: number | undefined;
  #level: number | undefined;

  add({ atMs, value }: TimedValue): void {
    const block = Math.floor(atMs / BLOCK_MS);
    if (this.#block !== undefined && block !== this.#block) this.#close(atMs);
    this.#block = block;
    this.#sum += value;
    this.#count += 1;
  }

  /**
   * Share of the headroom above the recent maximum that is used by `now` (default: the last mean); negative below it. Undefined
   * in the first five minutes, and when the maximum is itself `highEntries` or more, since that was an incident.
   */
  takenShare(limit: number, highEntries: number, now = this.#means.at(-1)?.value): number | undefined {
    const level = this.#level;
    if (now === undefined || level === undefined || level >= highEntries) return undefined;
    return (now - level) / (limit - level);
  }

  #close(atMs: number): void {
    this.#blocks.push(this.#sum / this.#count);
    if (this.#blocks.length > MEAN_BLOCKS) this.#blocks.shift();
    this.#sum = 0;
    this.#count = 0;
    this.#means.push({ atMs, value: this.#blocks.reduce((sum, mean) => sum + mean, 0) / this.#blocks.length });
    while (this.#means[0]!.atMs < atMs - OLDEST_MS) this.#means.shift();
    const old = this.#means.filter((mean) => mean.atMs <= atMs - YOUNGEST_MS).map(({ value }) => value);
    this.#level = old.length === 0 ? undefined : Math.max(...old);
  }
}

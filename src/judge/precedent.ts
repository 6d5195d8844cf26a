import type { TimedValue } from './peak-hold.ts';

const BLOCK_MS = 15_000;
const MEAN_BLOCKS = 4;
const YOUNGEST_MS = 5 * 60_000;
const OLDEST_MS = YOUNGEST_MS + 60 * 60_000;
/** A rise that fills the table in fifteen minutes has taken this share of the room within two of them. */
export const NEWS_SHARE = 0.1;
/** A level at which the table was in trouble sets no precedent. */
export const TROUBLE_USAGE = 0.9;

/**
 * What level the table reached within the last hour and came back from. A rise below it is no news: saw-teeth too long
 * for the growth to see through, batch jobs every few minutes. Means of a minute are compared, so a burst sets none.
 */
export class Precedent {
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

  /** Whether what the table holds now is within what it has come back from. */
  covers(limit: number): boolean {
    const now = this.#means.at(-1)?.value;
    const level = this.#level;
    if (now === undefined || level === undefined || level >= TROUBLE_USAGE * limit) return false;
    return now - level <= NEWS_SHARE * (limit - level);
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

import type { Key } from '../../model/address.ts';

/** Destinations kept. */
const KEPT = 3;
const KEY_WORDS = 5;

/** The destinations with the longest idle times, each once. */
export class TopIdle {
  readonly #keys = new Int32Array(KEPT * KEY_WORDS);
  readonly #seconds = new Float64Array(KEPT);
  #size = 0;
  #least = -1;

  /** An idle time that is not above this changes nothing. */
  get least(): number {
    return this.#least;
  }

  add(seconds: number, a: number, b: number, c: number, d: number, e: number): void {
    const keys = this.#keys;
    let place = 0;
    for (let i = 0; i < this.#size; i += 1) {
      const at = i * KEY_WORDS;
      const isSame = keys[at + 3] === (d | 0) && keys[at + 4] === (e | 0) && keys[at] === (a | 0);
      if (isSame && keys[at + 1] === (b | 0) && keys[at + 2] === (c | 0)) {
        if (seconds <= this.#seconds[i]!) return;
        place = i;
        this.#put(place, seconds, a, b, c, d, e);
        return;
      }
      if (this.#seconds[i]! < this.#seconds[place]!) place = i;
    }
    if (this.#size < KEPT) {
      place = this.#size;
      this.#size += 1;
    }
    this.#put(place, seconds, a, b, c, d, e);
  }

  #put(place: number, seconds: number, a: number, b: number, c: number, d: number, e: number): void {
    this.#keys.set([a, b, c, d, e], place * KEY_WORDS);
    this.#seconds[place] = seconds;
    // As long as there is a free place, every idle time may be that of another destination.
    if (this.#size === KEPT) this.#least = Math.min(...this.#seconds);
  }

  /** Longest first. */
  get rows(): { readonly key: Key; readonly seconds: number }[] {
    const rows = Array.from({ length: this.#size }, (_, i) => {
      const [a = 0, b = 0, c = 0, d = 0, e = 0] = this.#keys.slice(i * KEY_WORDS, (i + 1) * KEY_WORDS);
      return { key: [a >>> 0, b >>> 0, c >>> 0, d >>> 0, e >>> 0] as const, seconds: this.#seconds[i]! };
    });
    return rows.sort((x, y) => y.seconds - x.seconds);
  }
}

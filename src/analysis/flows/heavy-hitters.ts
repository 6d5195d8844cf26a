import type { Key } from '../../model/text/address.ts';

export type HeavyHittersOptions = {
  /** Keys held, MAX_CAPACITY at most. */
  readonly capacity: number;
  /** 32 random bits, which must not be known outside of the process. */
  readonly seed: number;
};

export type Counted = { readonly key: Key; readonly count: number };

const KEY_WORDS = 5;
const FIRST_SLOTS = 1024;
/** The hash has 17 good bits; a table of up to 2^16 keys has as many slots, at two slots a key. */
const HASH_BITS = 17;
export const MAX_CAPACITY = 2 ** (HASH_BITS - 1);
const NONE = -1;

/**
 * Counts the most frequent of any number of keys in memory for `capacity` of them: exactly while there are no more, then
 * by Misra and Gries' algorithm. A key for which there is no free slot takes one off every count and is discarded, as are
 * the keys whose count is then 0. Each such round takes one off `capacity` counts and drops the newcomer, so there can be no
 * more than total / (capacity + 1) rounds, and that is the most by which a count is too low: for every key, also those
 * forgotten, count <= true count <= count + `missed`. No count is ever too high.
 *
 * An attacker who floods the table chooses the keys. The hash is multilinear in 16-bit halves under secret multipliers (strongly
 * universal, Dietzfelbinger 1996), so no choice of keys makes chains long without knowing `seed`.
 */
export class HeavyHitters {
  readonly capacity: number;
  readonly #secrets: readonly number[];
  #total = 0;
  #missed = 0;
  #size = 0;
  /** Slots allocated so far; grows with the number of keys, so that a node with few flows needs little memory. */
  #slots = 0;
  #keys = new Int32Array(0);
  #counts = new Int32Array(0);
  #nextInChain = new Int32Array(0);
  #chains = new Int32Array(0);
  #hashShift = 0;

  constructor({ capacity, seed }: HeavyHittersOptions) {
    if (!(capacity >= 1 && capacity <= MAX_CAPACITY)) {
      throw new RangeError(`Cannot count keys: capacity is ${capacity}, wanted 1 to ${MAX_CAPACITY}`);
    }
    this.capacity = capacity;
    this.#secrets = secretsFrom(seed, 2 * KEY_WORDS + 1);
    this.#grow(Math.min(FIRST_SLOTS, capacity));
  }

  /** Keys added, each as often as it was. */
  get total(): number {
    return this.#total;
  }

  /** Keys that are held. */
  get size(): number {
    return this.#size;
  }

  /** By how much a count may be too low; 0 as long as the counts are exact. */
  get missed(): number {
    return this.#missed;
  }

  /** Discards all keys and keeps the memory: new memory for each flow sample would stay until the next full garbage collection. */
  clear(): void {
    this.#total = 0;
    this.#missed = 0;
    this.#size = 0;
    this.#chains.fill(NONE);
  }

  /** Counts a key once, or as often as `times`. The words are taken as 32 bits, whatever their sign. */
  add(a: number, b: number, c: number, d: number, e: number, times = 1): void {
    this.#total += times;
    const keys = this.#keys;
    const chain = this.#chainOf(a, b, c, d, e);
    for (let slot = this.#chains[chain]!; slot !== NONE; slot = this.#nextInChain[slot]!) {
      const at = slot * KEY_WORDS;
      if (keys[at + 3] !== (d | 0) || keys[at + 4] !== (e | 0) || keys[at] !== (a | 0)) continue;
      if (keys[at + 1] !== (b | 0) || keys[at + 2] !== (c | 0)) continue;
      this.#counts[slot]! += times;
      return;
    }
    if (this.#size < this.#slots) this.#insert(chain, a, b, c, d, e, times);
    else if (this.#slots < this.capacity) {
      this.#grow(Math.min(this.capacity, this.#slots * 2));
      this.#insert(this.#chainOf(a, b, c, d, e), a, b, c, d, e, times);
    } else this.#addToFull(a, b, c, d, e, times);
  }

  /** Each round uses up one of the times; the rest is inserted as soon as a slot is free. */
  #addToFull(a: number, b: number, c: number, d: number, e: number, times: number): void {
    let left = times;
    for (; left > 0 && this.#size === this.capacity; left -= 1) this.#takeOneOffAll();
    if (left > 0) this.#insert(this.#chainOf(a, b, c, d, e), a, b, c, d, e, left);
  }

  /** The `n` keys with the highest counts, highest first; of equals at the end those that came first. */
  top(n: number): Counted[] {
    const counts = this.#counts.slice(0, this.#size);
    const lowest = n < this.#size ? nthHighest(counts, n) : 1;
    let places = n - counts.reduce((above, count) => above + (count > lowest ? 1 : 0), 0);
    const top: Counted[] = [];
    for (let slot = 0; slot < this.#size; slot += 1) {
      const count = counts[slot]!;
      if (count < lowest || (count === lowest && places <= 0)) continue;
      if (count === lowest) places -= 1;
      top.push({ key: this.#keyAt(slot), count });
    }
    return top.sort((x, y) => y.count - x.count);
  }

  #keyAt(slot: number): Key {
    const [a, b, c, d, e] = this.#keys.slice(slot * KEY_WORDS, (slot + 1) * KEY_WORDS);
    return [a! >>> 0, b! >>> 0, c! >>> 0, d! >>> 0, e! >>> 0];
  }

  #chainOf(a: number, b: number, c: number, d: number, e: number): number {
    const r = this.#secrets;
    let hash = r[10]! + Math.imul(d & 0xffff, r[0]!) + Math.imul(d >>> 16, r[1]!);
    hash = (hash + Math.imul(e & 0xffff, r[2]!) + Math.imul(e >>> 16, r[3]!)) | 0;
    if ((a | b | c) !== 0) {
      // Of IPv4 all three are 0 and would add nothing.
      hash = (hash + Math.imul(a & 0xffff, r[4]!) + Math.imul(a >>> 16, r[5]!)) | 0;
      hash = (hash + Math.imul(b & 0xffff, r[6]!) + Math.imul(b >>> 16, r[7]!)) | 0;
      hash = (hash + Math.imul(c & 0xffff, r[8]!) + Math.imul(c >>> 16, r[9]!)) | 0;
    }
    return hash >>> this.#hashShift;
  }

  #insert(chain: number, a: number, b: number, c: number, d: number, e: number, times: number): void {
    const slot = this.#size;
    const at = slot * KEY_WORDS;
    this.#size += 1;
    this.#keys[at] = a | 0;
    this.#keys[at + 1] = b | 0;
    this.#keys[at + 2] = c | 0;
    this.#keys[at + 3] = d | 0;
    this.#keys[at + 4] = e | 0;
    this.#counts[slot] = times;
    this.#nextInChain[slot] = this.#chains[chain]!;
    this.#chains[chain] = slot;
  }

  #takeOneOffAll(): void {
    this.#missed += 1;
    const keys = this.#keys;
    const counts = this.#counts;
    let kept = 0;
    for (let slot = 0; slot < this.#size; slot += 1) {
      const count = counts[slot]! - 1;
      if (count === 0) continue;
      counts[kept] = count;
      for (let word = 0; word < KEY_WORDS; word += 1) keys[kept * KEY_WORDS + word] = keys[slot * KEY_WORDS + word]!;
      kept += 1;
    }
    if (kept === this.#size) return; // No key has moved.
    this.#size = kept;
    this.#chainAll();
  }

  #grow(slots: number): void {
    this.#keys = grown(this.#keys, slots * KEY_WORDS);
    this.#counts = grown(this.#counts, slots);
    this.#nextInChain = new Int32Array(slots);
    const bits = Math.ceil(Math.log2(slots)) + 1;
    this.#chains = new Int32Array(2 ** bits);
    this.#hashShift = 32 - bits;
    this.#slots = slots;
    this.#chainAll();
  }

  #chainAll(): void {
    this.#chains.fill(NONE);
    for (let slot = 0; slot < this.#size; slot += 1) {
      const at = slot * KEY_WORDS;
      const k = this.#keys;
      const chain = this.#chainOf(k[at]!, k[at + 1]!, k[at + 2]!, k[at + 3]!, k[at + 4]!);
      this.#nextInChain[slot] = this.#chains[chain]!;
      this.#chains[chain] = slot;
    }
  }
}

function grown(words: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(length);
  longer.set(words);
  return longer;
}

function nthHighest(counts: Int32Array, n: number): number {
  return counts.toSorted()[counts.length - n] ?? Number.POSITIVE_INFINITY; // Of none.
}

/** splitmix32: far apart for seeds that are close. */
function secretsFrom(seed: number, length: number): number[] {
  let state = seed | 0;
  return Array.from({ length }, () => {
    state = (state + 0x9e3779b9) | 0;
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  });
}

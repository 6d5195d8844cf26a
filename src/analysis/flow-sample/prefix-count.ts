import { HeavyHitters, type HeavyHittersOptions } from './heavy-hitters.ts';

const IPV6 = 10;

/**
 * Counts the /24 and /64 that flows come from. As long as every source is held this is nothing to do flow by flow: the
 * prefixes are summed up of the sources in the end. From the moment that no more sources are held, each flow counts.
 */
export class PrefixCount {
  readonly #sources: HeavyHitters;
  readonly #prefixes: HeavyHitters;
  #isApart = false;

  /** @param sources hold as many keys as the prefixes may: there are no more prefixes than sources */
  constructor(sources: HeavyHitters, options: HeavyHittersOptions) {
    this.#sources = sources;
    this.#prefixes = new HeavyHitters(options);
  }

  clear(): void {
    this.#prefixes.clear();
    this.#isApart = false;
  }

  /** To be called for each flow after its source was counted. */
  add(a: number, b: number, last: number, family: number): void {
    if (this.#isApart) this.#add(a, b, last, family, 1);
    else if (this.#sources.size === this.#sources.capacity) this.#sumUp();
  }

  /** The prefixes of the flows added so far. */
  end(): HeavyHitters {
    if (!this.#isApart) this.#sumUp();
    return this.#prefixes;
  }

  /** Exact, because no source has been forgotten so far. */
  #sumUp(): void {
    this.#isApart = true;
    for (const { key, count } of this.#sources.top(this.#sources.size))
      this.#add(key[0], key[1], key[3], key[4], count);
  }

  #add(a: number, b: number, last: number, family: number, times: number): void {
    if (family === IPV6) this.#prefixes.add(a, b, 0, 0, family, times);
    else this.#prefixes.add(0, 0, 0, last & 0xffffff00, family, times);
  }
}

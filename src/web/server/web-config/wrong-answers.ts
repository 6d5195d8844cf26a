/** Who has sent wrong passwords, as far as that decides whose check comes first. */

/** Whoever has sent none for so long counts as new. */
const FORGET_MS = 600_000;
/** Origins and networks; beyond, the one that has been quiet for longest is forgotten. */
const CAPACITY = 4_096;
/** So many different wrong passwords a person or a renewed Secret may come to. */
const MISTAKES = 2;

type Count = { wrong: number; lastAtMs: number };

/** Lower comes first, the first number that differs decides. */
export type Standing = readonly number[];

/**
 * Counts wrong answers by origin and by the network around it: a /24, or a /48 of IPv6. Addresses are cheap within one
 * network, so a fresh one there is worth less than one of a network that nobody guesses from.
 */
export class WrongAnswers {
  readonly #counts = new Map<string, Count>(); // the latest last
  readonly #clock: () => number;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  note(origin: string): void {
    const nowMs = this.#clock();
    for (const key of [origin, networkOf(origin)]) {
      const wrong = this.#wrongOf(key) + 1;
      this.#counts.delete(key);
      this.#counts.set(key, { wrong, lastAtMs: nowMs });
    }
    while (this.#counts.size > CAPACITY) this.#counts.delete(this.#counts.keys().next().value!);
  }

  /** Those who guess come last, whatever network they are in. */
  standingOf(origin: string): Standing {
    const wrong = this.#wrongOf(origin);
    return [Number(wrong > MISTAKES), this.#wrongOf(networkOf(origin)), wrong];
  }

  #wrongOf(key: string): number {
    const count = this.#counts.get(key);
    return count === undefined || this.#clock() - count.lastAtMs > FORGET_MS ? 0 : count.wrong;
  }
}

export function compareStandings(a: Standing, b: Standing): number {
  return a.map((number, i) => number - (b[i] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

/** Of an origin as `originOf()` gives it. The mark at the end keeps it apart from an origin of the same text. */
function networkOf(origin: string): string {
  return `${origin.slice(0, Math.max(origin.lastIndexOf('.'), origin.lastIndexOf(':'), 0))}/`;
}

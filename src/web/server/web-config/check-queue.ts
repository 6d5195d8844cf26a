/** Passwords waiting to be checked, in all and of one origin (see `originOf()`). */
const PLACES = 16;
const PLACES_PER_ORIGIN = 2;

/**
 * Few places, for which those who guess wrong give way: a client that is new here, with the right password, neither finds all of
 * them taken nor stands at the end. Among equals the lot decides who goes, since whoever asks most often would win any queue.
 */
export class WaitingChecks<Job extends { readonly origin: string }> {
  #jobs: Job[] = []; // the oldest first
  readonly #wrongAnswers: WrongAnswers;

  constructor(wrongAnswers: WrongAnswers) {
    this.#wrongAnswers = wrongAnswers;
  }

  find(predicate: (job: Job) => boolean): Job | undefined {
    return this.#jobs.find(predicate);
  }

  /** Takes one in; the one that had to go for it, which may be itself. */
  add(job: Job): Job | undefined {
    this.#jobs.push(job);
    const ofOrigin = this.#jobs.filter(({ origin }) => origin === job.origin);
    if (ofOrigin.length > PLACES_PER_ORIGIN) return this.#remove(anyOf(ofOrigin));
    if (this.#jobs.length > PLACES) return this.#remove(anyOf(this.#leastDeserving()));
    return undefined;
  }

  /** The next to be checked. */
  take(): Job | undefined {
    const standings = new Map(this.#jobs.map((job) => [job, this.#wrongAnswers.standingOf(job.origin)]));
    const [next] = this.#jobs.toSorted((a, b) => compareStandings(standings.get(a)!, standings.get(b)!));
    return next && this.#remove(next);
  }

  #leastDeserving(): Job[] {
    const standings = this.#jobs.map((job) => ({ job, standing: this.#standingAmongAll(job) }));
    const worst = standings.reduce((a, b) => (compareStandings(a.standing, b.standing) < 0 ? b : a)).standing;
    return standings.filter(({ standing }) => compareStandings(standing, worst) === 0).map(({ job }) => job);
  }

  /** Whoever holds two places gives one up before anybody loses an only one. */
  #standingAmongAll({ origin }: Job): Standing {
    const places = this.#jobs.filter((job) => job.origin === origin).length;
    return [...this.#wrongAnswers.standingOf(origin), places];
  }

  #remove(job: Job): Job {
    this.#jobs = this.#jobs.filter((other) => other !== job);
    return job;
  }
}

function anyOf<T>(candidates: readonly T[]): T {
  return candidates[Math.floor(Math.random() * candidates.length)]!;
}

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

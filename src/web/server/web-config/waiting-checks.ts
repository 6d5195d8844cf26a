import { compareStandings, type Standing, type WrongAnswers } from './wrong-answers.ts';

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

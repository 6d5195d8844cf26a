/** Passwords waiting to be checked, in all and of one origin (see `originOf()`). */
const CHECKS_MAX = 16;
const CHECKS_PER_ORIGIN_MAX = 2;

/**
 * A short queue, from which the checks of clients with wrong passwords are removed first: a new client with the right password
 * neither finds it full nor waits at its end. Among equals a random one is removed, since any other order would favour the client
 * that asks most often.
 */
export class CheckQueue<Job extends { readonly origin: string }> {
  #jobs: Job[] = []; // the oldest first
  readonly #wrongPasswords: WrongPasswords;

  constructor(wrongPasswords: WrongPasswords) {
    this.#wrongPasswords = wrongPasswords;
  }

  find(predicate: (job: Job) => boolean): Job | undefined {
    return this.#jobs.find(predicate);
  }

  /** Adds a check; returns the one that was removed for it, which may be itself. */
  add(job: Job): Job | undefined {
    this.#jobs.push(job);
    const ofOrigin = this.#jobs.filter(({ origin }) => origin === job.origin);
    if (ofOrigin.length > CHECKS_PER_ORIGIN_MAX) return this.#remove(anyOf(ofOrigin));
    if (this.#jobs.length > CHECKS_MAX) return this.#remove(anyOf(this.#lowestPriority()));
    return undefined;
  }

  /** The next to be checked. */
  take(): Job | undefined {
    const priorities = new Map(this.#jobs.map((job) => [job, this.#wrongPasswords.priorityOf(job.origin)]));
    const [next] = this.#jobs.toSorted((a, b) => comparePriorities(priorities.get(a)!, priorities.get(b)!));
    return next && this.#remove(next);
  }

  #lowestPriority(): Job[] {
    const priorities = this.#jobs.map((job) => ({ job, priority: this.#priorityAmongAll(job) }));
    const worst = priorities.reduce((a, b) => (comparePriorities(a.priority, b.priority) < 0 ? b : a)).priority;
    return priorities.filter(({ priority }) => comparePriorities(priority, worst) === 0).map(({ job }) => job);
  }

  /** A client with two checks loses one before another client loses its only one. */
  #priorityAmongAll({ origin }: Job): Priority {
    const places = this.#jobs.filter((job) => job.origin === origin).length;
    return [...this.#wrongPasswords.priorityOf(origin), places];
  }

  #remove(job: Job): Job {
    this.#jobs = this.#jobs.filter((other) => other !== job);
    return job;
  }
}

function anyOf<T>(candidates: readonly T[]): T {
  return candidates[Math.floor(Math.random() * candidates.length)]!;
}

/** A client that has sent no wrong password for so long counts as new. */
const FORGET_MS = 600_000;
/** Most origins and networks; beyond that, the one with the oldest wrong password is forgotten. */
const CAPACITY = 4_096;
/** So many different wrong passwords may come from a person's mistakes or a renewed Secret. */
const MISTAKES = 2;

type Count = { wrong: number; lastAtMs: number };

/** Lower comes first, the first number that differs decides. */
export type Priority = readonly number[];

/**
 * Counts wrong passwords by origin and by the network around it: a /24, or a /48 of IPv6. It is easy to use many addresses
 * of one network, so a new address there has a lower priority than one of a network without wrong passwords.
 */
export class WrongPasswords {
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

  /** Origins that guess come last, whatever network they are in. */
  priorityOf(origin: string): Priority {
    const wrong = this.#wrongOf(origin);
    return [Number(wrong > MISTAKES), this.#wrongOf(networkOf(origin)), wrong];
  }

  #wrongOf(key: string): number {
    const count = this.#counts.get(key);
    return count === undefined || this.#clock() - count.lastAtMs > FORGET_MS ? 0 : count.wrong;
  }
}

export function comparePriorities(a: Priority, b: Priority): number {
  return a.map((number, i) => number - (b[i] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

/** Of an origin as `originOf()` gives it. The mark at the end keeps it apart from an origin of the same text. */
function networkOf(origin: string): string {
  return `${origin.slice(0, Math.max(origin.lastIndexOf('.'), origin.lastIndexOf(':'), 0))}/`;
}

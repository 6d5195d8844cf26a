import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { compare as compareByBcrypt } from 'bcryptjs';
import type { Users } from './web-config.ts';

/** After a wrong password no other is checked for this many times as long as it took: guessing gets a fifth of one processor. */
const PAUSE_FACTOR = 4;

export type PasswordResult = 'right' | 'wrong' | 'busy';

type Compare = (password: string, hash: string) => Promise<boolean>;

type Job = {
  readonly digest: string;
  readonly origin: string;
  readonly password: string;
  readonly hash: string;
  readonly highestCost: number;
  readonly answer: Promise<PasswordResult>;
  readonly settle: (answer: PasswordResult) => void;
};

/**
 * Checks passwords against bcrypt hashes. One check is about 80 ms of processor at cost 10, and the 100 ms sampler shares the
 * thread. So results are cached, checks run one at a time in slices, few may wait, and a wrong password is followed by a pause.
 */
export class PasswordCheck {
  readonly #passwordCache = new PasswordCache();
  readonly #wrongPasswords: WrongPasswords;
  readonly #waiting: CheckQueue<Job>;
  readonly #clock: () => number;
  readonly #compare: Compare;
  #current: Job | undefined;
  #isWorking = false;

  constructor(clock: () => number, compare: Compare = compareByBcrypt) {
    this.#clock = clock;
    this.#compare = compare;
    this.#wrongPasswords = new WrongPasswords(clock);
    this.#waiting = new CheckQueue(this.#wrongPasswords);
  }

  /** At once when the result is cached or the queue is full, else a promise. */
  ask(users: Users, credentials: Credentials, origin: string): PasswordResult | Promise<PasswordResult> {
    const highestCost = highestCostOf(users);
    const hash = users.get(credentials.user) ?? dummyHash(highestCost);
    const digest = this.#passwordCache.digestOf(credentials, hash);
    const known = this.#passwordCache.resultOf(digest);
    if (known !== undefined) return known ? 'right' : 'wrong';
    const isSame = (job: Job) => job.digest === digest;
    const same = this.#current && isSame(this.#current) ? this.#current : this.#waiting.find(isSame);
    if (same) return same.answer;
    let settle!: Job['settle'];
    const answer = new Promise<PasswordResult>((resolve) => {
      settle = resolve;
    });
    const { password } = credentials;
    this.#waiting.add({ digest, origin, password, hash, highestCost, answer, settle })?.settle('busy');
    if (!this.#isWorking) void this.#work();
    return answer;
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    for (let job = this.#waiting.take(); job !== undefined; job = this.#waiting.take()) {
      this.#current = job;
      const startedAtMs = this.#clock();
      const isRight = await this.#check(job);
      const tookMs = this.#clock() - startedAtMs;
      this.#passwordCache.remember(job.digest, isRight);
      if (!isRight) this.#wrongPasswords.note(job.origin);
      this.#current = undefined;
      job.settle(isRight ? 'right' : 'wrong');
      if (!isRight) await sleep(tookMs * PAUSE_FACTOR, undefined, { ref: false });
    }
    this.#isWorking = false;
  }

  /** A wrong password takes the same time for every name, known or not; a right one only as long as its own hash. */
  async #check({ password, hash, highestCost }: Job): Promise<boolean> {
    if (await this.#compare(password, hash)) return true;
    for (const cost of paddingCosts(costOf(hash), highestCost)) await this.#compare(password, dummyHash(cost));
    return false;
  }
}

/** More users, or mistyped passwords, than one agent sees. */
const KNOWN_PASSWORDS_MAX = 64;

export type Credentials = { readonly user: string; readonly password: string };

/**
 * Results of earlier checks. Credentials are kept as a keyed digest with a random key, so that a memory dump holds no password.
 * Right and wrong ones are kept apart, so that a flood of guesses does not push out a scraper.
 */
class PasswordCache {
  readonly #key = randomBytes(32);
  readonly #right = new Map<string, true>(); // the latest used last
  readonly #wrong = new Map<string, true>();

  /** The hash is part of it, so that after a change of the file no old result is used. */
  digestOf({ user, password }: Credentials, hash: string): string {
    const text = JSON.stringify([user, hash, password]);
    return createHmac('sha256', this.#key).update(text).digest('base64');
  }

  resultOf(digest: string): boolean | undefined {
    for (const [passwordCache, isRight] of [
      [this.#right, true],
      [this.#wrong, false],
    ] as const) {
      if (!passwordCache.delete(digest)) continue;
      passwordCache.set(digest, true);
      return isRight;
    }
    return undefined;
  }

  remember(digest: string, isRight: boolean): void {
    const passwordCache = isRight ? this.#right : this.#wrong;
    passwordCache.set(digest, true);
    if (passwordCache.size > KNOWN_PASSWORDS_MAX) passwordCache.delete(passwordCache.keys().next().value!);
  }
}

/* The cost of a bcrypt hash is the work to compute it: 2^cost rounds. Hashes are as `readUsers()` returns them, `$2b$10$...`. */

const DEFAULT_COST = 10;

/** A hash that no password has; `dummyHash` sets its cost. */
const DUMMY = '$2b$10$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui';

function costOf(hash: string): number {
  return Number(hash.slice(4, 6));
}

function highestCostOf(users: Users): number {
  return users.size === 0 ? DEFAULT_COST : Math.max(...Array.from(users.values(), costOf));
}

function dummyHash(cost: number): string {
  return `$2b$${String(cost).padStart(2, '0')}${DUMMY.slice(6)}`;
}

/**
 * Costs of further comparisons that make one of `cost` as much work as one of `highest`: 2^c + (2^c + ... + 2^(h-1)) = 2^h.
 * Giving each unknown name one of the costs in use instead would reveal users: on a second agent with the same users, or after
 * a user was added, the cost of an unknown name may differ, while that of a user never does.
 */
function paddingCosts(cost: number, highest: number): number[] {
  return Array.from({ length: Math.max(0, highest - cost) }, (_, i) => cost + i);
}

/** Passwords waiting to be checked, in all and of one origin (see `originOf()`). */
const CHECKS_MAX = 16;
const CHECKS_PER_ORIGIN_MAX = 2;

/**
 * A short queue, from which the checks of clients with wrong passwords are removed first: a new client with the right password
 * neither finds it full nor waits at its end. Among equals a random one is removed, since any other order would favour the client
 * that asks most often.
 */
class CheckQueue<Job extends { readonly origin: string }> {
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
const WAITING_CHECKS_MAX = 4_096;
/** So many different wrong passwords may come from a person's mistakes or a renewed Secret. */
const MISTAKES = 2;

type Count = { wrong: number; lastAtMs: number };

/** Lower comes first, the first number that differs decides. */
type Priority = readonly number[];

/**
 * Counts wrong passwords by origin and by the network around it: a /24, or a /48 of IPv6. It is easy to use many addresses
 * of one network, so a new address there has a lower priority than one of a network without wrong passwords.
 */
class WrongPasswords {
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
    while (this.#counts.size > WAITING_CHECKS_MAX) this.#counts.delete(this.#counts.keys().next().value!);
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

function comparePriorities(a: Priority, b: Priority): number {
  return a.map((number, i) => number - (b[i] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

/** Of an origin as `originOf()` gives it. The mark at the end keeps it apart from an origin of the same text. */
function networkOf(origin: string): string {
  return `${origin.slice(0, Math.max(origin.lastIndexOf('.'), origin.lastIndexOf(':'), 0))}/`;
}

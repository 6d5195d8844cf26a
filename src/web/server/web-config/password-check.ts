import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { compare as compareByBcrypt } from 'bcryptjs';
import { CheckQueue, WrongPasswords } from './check-queue.ts';
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
const CAPACITY = 64;

export type Credentials = { readonly user: string; readonly password: string };

/**
 * Results of earlier checks. Credentials are kept as a keyed digest with a random key, so that a memory dump holds no password.
 * Right and wrong ones are kept apart, so that a flood of guesses does not push out a scraper.
 */
export class PasswordCache {
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
    if (passwordCache.size > CAPACITY) passwordCache.delete(passwordCache.keys().next().value!);
  }
}

/* The cost of a bcrypt hash is the work to compute it: 2^cost rounds. Hashes are as `readUsers()` returns them, `$2b$10$...`. */

const DEFAULT_COST = 10;

/** A hash that no password has; `dummyHash` sets its cost. */
const DUMMY = '$2b$10$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui';

export function costOf(hash: string): number {
  return Number(hash.slice(4, 6));
}

export function highestCostOf(users: Users): number {
  return users.size === 0 ? DEFAULT_COST : Math.max(...Array.from(users.values(), costOf));
}

export function dummyHash(cost: number): string {
  return `$2b$${String(cost).padStart(2, '0')}${DUMMY.slice(6)}`;
}

/**
 * Costs of further comparisons that make one of `cost` as much work as one of `highest`: 2^c + (2^c + ... + 2^(h-1)) = 2^h.
 * Giving each unknown name one of the costs in use instead would reveal users: on a second agent with the same users, or after
 * a user was added, the cost of an unknown name may differ, while that of a user never does.
 */
export function paddingCosts(cost: number, highest: number): number[] {
  return Array.from({ length: Math.max(0, highest - cost) }, (_, i) => cost + i);
}

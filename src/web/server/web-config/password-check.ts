import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { compare as compareByBcrypt } from 'bcryptjs';
import { WaitingChecks, WrongAnswers } from './check-queue.ts';
import type { Users } from './web-config.ts';

/** After a wrong password no other is checked for this many times as long as it took: guessing gets a fifth of one processor. */
const REST_TIMES = 4;

export type Answer = 'right' | 'wrong' | 'busy';

type Compare = (password: string, hash: string) => Promise<boolean>;

type Job = {
  readonly digest: string;
  readonly origin: string;
  readonly password: string;
  readonly hash: string;
  readonly highestCost: number;
  readonly answer: Promise<Answer>;
  readonly settle: (answer: Answer) => void;
};

/**
 * Checks passwords against bcrypt hashes. One check is about 80 ms of processor at cost 10, and the 100 ms sampler shares the
 * thread: so verdicts are remembered, checks run one at a time in slices, few may wait, and a wrong one is followed by a rest.
 */
export class PasswordCheck {
  readonly #passwordCache = new PasswordCache();
  readonly #wrongAnswers: WrongAnswers;
  readonly #waiting: WaitingChecks<Job>;
  readonly #clock: () => number;
  readonly #compare: Compare;
  #current: Job | undefined;
  #isWorking = false;

  constructor(clock: () => number, compare: Compare = compareByBcrypt) {
    this.#clock = clock;
    this.#compare = compare;
    this.#wrongAnswers = new WrongAnswers(clock);
    this.#waiting = new WaitingChecks(this.#wrongAnswers);
  }

  /** At once when these credentials are known, or there is no place for them. */
  ask(users: Users, credentials: Credentials, origin: string): Answer | Promise<Answer> {
    const highestCost = highestCostOf(users);
    const hash = users.get(credentials.user) ?? dummyHash(highestCost);
    const digest = this.#passwordCache.digestOf(credentials, hash);
    const known = this.#passwordCache.recall(digest);
    if (known !== undefined) return known ? 'right' : 'wrong';
    const isSame = (job: Job) => job.digest === digest;
    const same = this.#current && isSame(this.#current) ? this.#current : this.#waiting.find(isSame);
    if (same) return same.answer;
    let settle!: Job['settle'];
    const answer = new Promise<Answer>((resolve) => {
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
      if (!isRight) this.#wrongAnswers.note(job.origin);
      this.#current = undefined;
      job.settle(isRight ? 'right' : 'wrong');
      if (!isRight) await sleep(tookMs * REST_TIMES, undefined, { ref: false });
    }
    this.#isWorking = false;
  }

  /** A wrong answer takes as long for every name, known or not; a right one no longer than its own hash. */
  async #check({ password, hash, highestCost }: Job): Promise<boolean> {
    if (await this.#compare(password, hash)) return true;
    for (const cost of paddingCosts(costOf(hash), highestCost)) await this.#compare(password, dummyHash(cost));
    return false;
  }
}

/** As many users, or mistyped passwords, as one agent ever sees. */
const CAPACITY = 64;

export type Credentials = { readonly user: string; readonly password: string };

/**
 * What bcrypt said of credentials before. They are kept as a keyed digest, with a key nobody else has: a dump of the
 * memory tells no password. Good and bad apart, so that a flood of guesses does not push out a scraper.
 */
export class PasswordCache {
  readonly #key = randomBytes(32);
  readonly #good = new Map<string, true>(); // the latest used last
  readonly #bad = new Map<string, true>();

  /** The hash is part of it: after a change of the file nothing of the old one counts. */
  digestOf({ user, password }: Credentials, hash: string): string {
    const text = JSON.stringify([user, hash, password]);
    return createHmac('sha256', this.#key).update(text).digest('base64');
  }

  recall(digest: string): boolean | undefined {
    for (const [passwordCache, isRight] of [
      [this.#good, true],
      [this.#bad, false],
    ] as const) {
      if (!passwordCache.delete(digest)) continue;
      passwordCache.set(digest, true);
      return isRight;
    }
    return undefined;
  }

  remember(digest: string, isRight: boolean): void {
    const passwordCache = isRight ? this.#good : this.#bad;
    passwordCache.set(digest, true);
    if (passwordCache.size > CAPACITY) passwordCache.delete(passwordCache.keys().next().value!);
  }
}

/** How much work a bcrypt hash is: 2^cost rounds. Hashes are as `users-section.ts` reads them, `$2b$10$...`. */

const DEFAULT_COST = 10;

/** A hash that no password has. Its cost is put in. */
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
 * Giving each unknown name one of the costs in use instead would tell: asked on a second agent with the same users, or after
 * a user was added, an unknown name may have another cost than before, and a user never has.
 */
export function paddingCosts(cost: number, highest: number): number[] {
  return Array.from({ length: Math.max(0, highest - cost) }, (_, i) => cost + i);
}

import { setTimeout as sleep } from 'node:timers/promises';
import { compare as compareByBcrypt } from 'bcryptjs';
import { costOf, dummyHash, highestCostOf, paddingCosts } from './bcrypt-cost.ts';
import { type Credentials, PasswordCache } from './password-cache.ts';
import type { Users } from './users-section.ts';
import { WaitingChecks } from './waiting-checks.ts';
import { WrongAnswers } from './wrong-answers.ts';

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

import { setTimeout as sleep } from 'node:timers/promises';
import { compare } from 'bcryptjs';
import type { Users } from './users-section.ts';
import { type Credentials, Verdicts } from './verdicts.ts';

/** Passwords waiting to be checked, in all and of one origin (see `originOf()`). */
const QUEUE_MAX = 16;
const QUEUE_MAX_PER_ORIGIN = 2;
/** After a wrong password the door rests this many times as long as the check took: guessing gets a fifth of one processor. */
const REST_TIMES = 4;

/** A hash that no password has. Its cost is put in. */
const NOBODY = '$2b$10$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui';

export type Answer = 'right' | 'wrong' | 'busy';

type Job = {
  readonly digest: string;
  readonly origin: string;
  readonly password: string;
  readonly hash: string;
  readonly answer: Promise<Answer>;
  readonly settle: (answer: Answer) => void;
};

/**
 * Checks passwords against bcrypt hashes. One check is about 80 ms of processor at cost 10, and the 100 ms sampler shares the
 * thread: so verdicts are remembered, checks run one at a time in slices, few may wait, and a wrong one is followed by a rest.
 */
export class PasswordCheck {
  readonly #verdicts = new Verdicts();
  readonly #waiting: Job[] = [];
  readonly #clock: () => number;
  #isWorking = false;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** At once when these credentials are known, or too many others wait. An unknown user costs what the dearest known one does. */
  ask(users: Users, credentials: Credentials, origin: string): Answer | Promise<Answer> {
    const hash = users.get(credentials.user) ?? nobodyAmong(users);
    const digest = this.#verdicts.digestOf(credentials, hash);
    const known = this.#verdicts.recall(digest);
    if (known !== undefined) return known ? 'right' : 'wrong';
    const same = this.#waiting.find((job) => job.digest === digest);
    if (same) return same.answer;
    const ofOrigin = this.#waiting.filter((job) => job.origin === origin).length;
    if (this.#waiting.length >= QUEUE_MAX || ofOrigin >= QUEUE_MAX_PER_ORIGIN) return 'busy';
    let settle!: Job['settle'];
    const answer = new Promise<Answer>((resolve) => {
      settle = resolve;
    });
    this.#waiting.push({ digest, origin, password: credentials.password, hash, answer, settle });
    if (!this.#isWorking) void this.#work();
    return answer;
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    for (let job = this.#waiting[0]; job !== undefined; job = this.#waiting[0]) {
      const startedAtMs = this.#clock();
      const isRight = await compare(job.password, job.hash);
      const tookMs = this.#clock() - startedAtMs;
      this.#verdicts.remember(job.digest, isRight);
      this.#waiting.shift();
      job.settle(isRight ? 'right' : 'wrong');
      if (!isRight) await sleep(tookMs * REST_TIMES, undefined, { ref: false });
    }
    this.#isWorking = false;
  }
}

function nobodyAmong(users: Users): string {
  const costs = [...users.values()].map((hash) => hash.slice(4, 6)).sort();
  return `$2b$${costs.at(-1) ?? '10'}${NOBODY.slice(6)}`;
}

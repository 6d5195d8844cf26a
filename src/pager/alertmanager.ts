import type { Log } from '../log.ts';
import type { Alert } from './alert.ts';
import type { AlertBook, Entry } from './alert-book.ts';
import { Condition } from './condition.ts';
import { Connection, type ConnectionParts } from './connection.ts';
import { heldByOthers } from './held.ts';
import { Ledger } from './ledger.ts';
import { LateAnswer, type Outcome, outcomeOf, sayingOf } from './outcome.ts';
import { waitAfter } from './timings.ts';

export type AlertmanagerParts = Omit<ConnectionParts, 'onLost'> & {
  readonly book: AlertBook;
  readonly alertOf: (entry: Entry) => Alert;
  readonly count: (outcome: Outcome) => void;
  readonly keepWarm: boolean;
  readonly log: Log;
  readonly clock: () => number;
  readonly random: () => number;
};

/**
 * One Alertmanager: a connection kept warm, and what goes over it, one request at a time. Its memory may be gone with the
 * connection, and so over a new one everything is said again.
 */
export class Alertmanager {
  readonly #parts: AlertmanagerParts;
  readonly #connection: Connection;
  readonly #condition: Condition;
  readonly #ledger: Ledger;
  #timer: NodeJS.Timeout | undefined;
  #isBusy = false;
  #isStopped = false;
  /** Failures in a row, and connections in a row that were lost before their second answer. */
  #strikes = 0;
  #attemptedMs = Number.NEGATIVE_INFINITY;
  /** One that did not answer a question is spared the next for a while: asking may have cost the connection. */
  #askAgainMs = Number.NEGATIVE_INFINITY;

  constructor(parts: AlertmanagerParts) {
    this.#parts = parts;
    this.#condition = new Condition(parts.endpoint.url.href, parts.log);
    this.#ledger = new Ledger(parts.book, parts.timings);
    this.#connection = new Connection({ ...parts, onLost: (wire) => this.#lost(wire.answers) });
  }

  start(): void {
    this.#schedule(0);
  }

  /** The book has changed. A request that is under way looks into it again when it is done. */
  changed(): void {
    const { clock, timings } = this.#parts;
    if (this.#isBusy) return;
    this.#schedule(this.#strikes === 0 ? 0 : Math.max(0, this.#attemptedMs + timings.retryFirstMs - clock()));
  }

  /**
   * Resolves nothing, so that a restart is no news to anybody: what still fires lives on in Alertmanager for `lifeMs`, labels
   * are the identity of an alert, and the next agent, which posts the same labels before that, prolongs the same alert.
   */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#connection.close();
  }

  #schedule(waitMs: number): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#isBusy = true;
      void this.#attempt()
        .finally(() => {
          this.#isBusy = false;
        })
        .then((nextMs) => this.#schedule(nextMs));
    }, waitMs);
  }

  /** Says what is due, or nothing to keep the connection; the time until the next. What burns goes first and unasked. */
  async #attempt(): Promise<number> {
    const { book, clock, keepWarm, timings, random } = this.#parts;
    const nowMs = clock();
    this.#attemptedMs = nowMs;
    // While something burns a lookup might hang, and is made only when the addresses at hand do not work any more.
    if (this.#strikes > 0 || !book.entries.some(({ isRaised }) => isRaised)) this.#connection.lookUpNowAndThen(nowMs);
    const due = this.#ledger.due(nowMs);
    if (due.length === 0 && !keepWarm) return timings.resendMs;
    const raised = due.filter(({ isRaised }) => isRaised);
    const isAnswered = raised.length > 0 ? await this.#post(raised) : await this.#resolve(due);
    if (!isAnswered) return waitAfter(this.#strikes, timings, random);
    if (!keepWarm) this.#connection.hangUp();
    if (this.#ledger.due(clock()).length > 0) return 0;
    return keepWarm ? this.#connection.beatMs : timings.resendMs;
  }

  /** Posts of what has cleared all that nobody else keeps alive; where that is not told, everything. Answers as `#post`. */
  async #resolve(cleared: readonly Entry[]): Promise<boolean> {
    const { clock, timings } = this.#parts;
    if (cleared.length === 0 || clock() < this.#askAgainMs) return this.#post(cleared);
    const { held, problem } = await this.#held(cleared);
    this.#ledger.tell(held, clock(), true);
    // What was raised while it was asked goes first.
    if (this.#ledger.due(clock()).some(({ isRaised }) => isRaised)) return true;
    const isAnswered = await this.#post(cleared.filter((entry) => !held.includes(entry)));
    if (isAnswered && problem !== undefined) {
      this.#askAgainMs = clock() + timings.refusedMs;
      this.#condition.mute(problem);
    }
    return isAnswered;
  }

  async #held(cleared: readonly Entry[]): Promise<{ held: readonly Entry[]; problem?: unknown }> {
    const questions = cleared.map((entry) => {
      return { entry, alert: this.#parts.alertOf(entry), claimedWallMs: this.#ledger.claimOf(entry.alarm) };
    });
    try {
      const held = await heldByOthers(questions, (query) => this.#connection.send({ query }));
      this.#condition.answering();
      return { held };
    } catch (problem) {
      return { held: [], problem };
    }
  }

  /**
   * Whether there was an answer, be it a refusal. An empty list is as light as a request can be, and takes the path, method
   * and credentials of a page: what would refuse a page refuses it too.
   */
  async #post(entries: readonly Entry[]): Promise<boolean> {
    const { count, clock, alertOf } = this.#parts;
    const atMs = clock();
    const alerts = entries.map(alertOf);
    this.#ledger.claim(entries, alerts);
    const outcome = await this.#deliver(JSON.stringify(alerts));
    if (this.#isStopped) return false;
    if (entries.length > 0) count(outcome);
    if (outcome === 'failed' || outcome === 'timed_out') {
      this.#strikes += 1;
      return false;
    }
    this.#ledger.tell(entries, atMs, outcome === 'delivered');
    if (outcome === 'delivered' && !this.#ledger.isRefused) this.#condition.well();
    return true;
  }

  async #deliver(body: string): Promise<Outcome> {
    try {
      const answer = await this.#connection.send({ body });
      if (!answer.isFirst) this.#strikes = 0;
      const outcome = outcomeOf(answer.statusCode);
      if (outcome !== 'delivered') this.#condition.ill(outcome, new Error(sayingOf(answer)));
      return outcome;
    } catch (error) {
      const outcome = error instanceof LateAnswer ? 'timed_out' : 'failed';
      if (!this.#isStopped) this.#condition.ill(outcome, error);
      return outcome;
    }
  }

  #lost(answers: number): void {
    const { keepWarm, timings, random } = this.#parts;
    this.#ledger.forget();
    if (answers === 1) this.#strikes += 1;
    if (keepWarm && !this.#isBusy) this.#schedule(waitAfter(this.#strikes, timings, random));
  }
}

import type { Log } from '../model/log.ts';
import { describeError } from '../model/operator-error.ts';

/** Does something time and again. The pause is between two rounds, so that they never overlap. */
export class Rounds {
  readonly #round: () => Promise<void>;
  readonly #pauseMs: () => number;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  /** @param round never rejects */
  constructor(round: () => Promise<void>, pauseMs: () => number) {
    this.#round = round;
    this.#pauseMs = pauseMs;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  start(): void {
    void this.#next();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #next(): Promise<void> {
    await this.#round();
    if (!this.#isStopped) this.#timer = setTimeout(() => this.#next(), this.#pauseMs());
  }
}

/** Logs a problem once, not in every round, and once when it is over. */
export class ProblemLog {
  readonly #log: Log;
  #last: string | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** @param consequence what the agent does without it */
  failed(error: unknown, consequence: string): void {
    const { message } = describeError(error);
    if (message === this.#last) return;
    this.#last = message;
    this.#log.warn({ error }, `${consequence}: ${message}`);
  }

  succeeded(text: string): void {
    if (this.#last !== undefined) this.#log.info({}, text);
    this.#last = undefined;
  }
}

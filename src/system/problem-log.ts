import type { Log, LogLevel } from '../model/log.ts';
import { describeError } from '../model/operator-error.ts';

/** Logs a failure once, not in every run, and its recovery once. */
export class ProblemLog {
  readonly #log: Log;
  readonly #level: Extract<LogLevel, 'warn' | 'error'>;
  #problem: Error | undefined;

  constructor(log: Log, level: Extract<LogLevel, 'warn' | 'error'> = 'warn') {
    this.#log = log;
    this.#level = level;
  }

  /** The latest failure; undefined after a success and before the first run. */
  get problem(): Error | undefined {
    return this.#problem;
  }

  /** Takes what somebody else has logged; undefined for a success. */
  note(problem: Error | undefined): void {
    this.#problem = problem;
  }

  /** @param consequence what the agent does without it */
  failed(error: unknown, consequence: string): void {
    const problem = error instanceof Error ? error : new Error(String(error));
    const isKnown = problem.message === this.#problem?.message;
    this.#problem = problem;
    if (!isKnown) this.#log[this.#level]({ error: problem }, `${consequence}: ${describeError(problem).message}`);
  }

  succeeded(text: string): void {
    if (this.#problem !== undefined) this.#log.info({}, text);
    this.#problem = undefined;
  }
}

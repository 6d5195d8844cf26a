import type { Log } from '../log.ts';
import type { Outcome } from './outcome.ts';

/** Says once that an Alertmanager cannot be paged through, once for each way it fails, and once that it is well again. */
export class Condition {
  readonly #url: string;
  readonly #log: Log;
  readonly #told = new Set<Outcome>();

  constructor(url: string, log: Log) {
    this.#url = url;
    this.#log = log;
  }

  ill(outcome: Exclude<Outcome, 'delivered'>, error: unknown): void {
    if (this.#told.has(outcome)) return;
    this.#told.add(outcome);
    this.#log.warn({ alertmanager: this.#url, outcome, error }, 'Alertmanager cannot be paged through');
  }

  well(): void {
    if (this.#told.size === 0) return;
    this.#told.clear();
    this.#log.info({ alertmanager: this.#url }, 'Alertmanager can be paged through again');
  }
}

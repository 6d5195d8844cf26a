import type { Log } from '../log.ts';
import type { Outcome } from './outcome.ts';

/** HAProxy's default keeps an idle connection for 10 s, and the agent uses it every 8 s. */
const KEEP_OPEN =
  'Have whatever answers at this URL speak HTTP/1.1 and keep idle connections open for 10 s or longer, or point --alertmanager.url past the proxy';

/** Says once that an Alertmanager can be paged through, once for each way it cannot, and once that it can again. */
export class Condition {
  readonly #url: string;
  readonly #log: Log;
  readonly #told = new Set<Outcome>();
  #wasWell = false;
  #isMute = false;
  #isClosing = false;

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
    if (this.#told.size > 0) {
      this.#log.info({ alertmanager: this.#url }, 'Alertmanager can be paged through again');
    } else if (!this.#wasWell) {
      this.#log.info({ alertmanager: this.#url }, 'Alertmanager can be paged through');
    }
    this.#told.clear();
    this.#wasWell = true;
  }

  /** Takes notifications, but each over a connection of its own. */
  closing(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#log.warn(
      { alertmanager: this.#url, remedy: KEEP_OPEN },
      'Alertmanager cannot be relied on while the table is full: it closes connections',
    );
  }

  keepingOpen(): void {
    if (!this.#isClosing) return;
    this.#isClosing = false;
    this.#log.info({ alertmanager: this.#url }, 'Alertmanager keeps connections open again');
  }

  /** Takes pages, but does not answer when it is asked about them. */
  mute(error: unknown): void {
    if (this.#isMute) return;
    this.#isMute = true;
    this.#log.warn(
      { alertmanager: this.#url, error },
      'Alertmanager does not tell who else keeps an alert: what clears is resolved although a Prometheus may still see it',
    );
  }

  answering(): void {
    this.#isMute = false;
  }
}

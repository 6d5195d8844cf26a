import type { Log } from '../model/log.ts';
import type { Outcome } from './outcome.ts';

/** HAProxy's default keeps an idle connection for 10 s, and the agent uses it every 8 s. */
const KEEP_OPEN =
  'Have whatever answers at this URL speak HTTP/1.1 and keep idle connections open for 10 s or longer, or point --alertmanager.url past the proxy';

/** A quarter of the life of an alert: from here on it would matter if the alerts carried the time of the node. */
const CLOCK_OFF_MS = 30_000;
/** A clock that is off is taken for right when it was for so long: of two servers behind one URL each may have its own. */
const CLOCK_RIGHT_MS = 120_000;
const SYNCHRONISE =
  'Have both set their clocks by NTP: timedatectl and chronyc tracking tell which of them is off. Until then alerts carry the time of Alertmanager';

/** Says once that an Alertmanager can be paged through, once for each way it cannot, and once that it can again. */
export class DeliveryLog {
  readonly #url: string;
  readonly #log: Log;
  readonly #told = new Set<Outcome>();
  #wasWell = false;
  #isMute = false;
  #isClosing = false;
  /** Monotonic: when the clock was last seen to be off, since it was told. */
  #clockOffMs: number | undefined;

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

  /** Its clock is so much ahead of the node's, or behind it when that is negative. */
  clock(offsetMs: number, nowMs: number): void {
    const fields = { alertmanager: this.#url, offsetSeconds: Math.round(offsetMs / 1000) };
    if (Math.abs(offsetMs) > CLOCK_OFF_MS) {
      const way = offsetMs > 0 ? 'behind' : 'ahead of';
      if (this.#clockOffMs === undefined) {
        const text = `The clock of this node is ${Math.abs(fields.offsetSeconds)} s ${way} that of Alertmanager`;
        this.#log.warn({ ...fields, remedy: SYNCHRONISE }, text);
      }
      this.#clockOffMs = nowMs;
    } else if (this.#clockOffMs !== undefined && nowMs - this.#clockOffMs >= CLOCK_RIGHT_MS) {
      this.#clockOffMs = undefined;
      this.#log.info(fields, 'The clocks of this node and of Alertmanager agree again');
    }
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

import type { Log } from '../model/log.ts';

/** What can become of a notification. */
export const OUTCOMES = ['delivered', 'refused', 'failed', 'timed_out'] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** The answer of an HTTP server. */
export type Answer = {
  readonly statusCode: number;
  /** The whole body. */
  readonly text: string;
  /** From `Keep-Alive: timeout=5`: how long the server leaves an idle connection open, where it says so. */
  readonly idleSeconds: number | undefined;
  /** The `Date` header, milliseconds since the epoch; undefined without one, and where a cache says that the answer is an old one. */
  readonly dateMs: number | undefined;
};

/** No answer came in time. */
export class LateAnswer extends Error {
  constructor(requestMs: number) {
    super(`no answer within ${requestMs / 1000} s`);
    this.name = 'LateAnswer';
  }
}

/** 408 (request timeout) and 429 (too many requests) may pass; any other 3xx or 4xx would be answered to the next attempt too. */
export function outcomeOf(statusCode: number): Outcome {
  if (statusCode >= 200 && statusCode < 300) return 'delivered';
  if (statusCode === 408 || statusCode === 429) return 'failed';
  return statusCode >= 300 && statusCode < 500 ? 'refused' : 'failed';
}

/** First line of an answer, for the log. */
export function describeAnswer({ statusCode, text }: Answer): string {
  const line = text.trimStart().split('\n', 1)[0]!.trim().slice(0, 200);
  return line === '' ? `status ${statusCode}` : `status ${statusCode}: ${line}`;
}

/** HAProxy's default keeps an idle connection for 10 s, and the agent uses it every 8 s. */
const KEEP_OPEN =
  'Have whatever answers at this URL speak HTTP/1.1 and keep idle connections open for 10 s or longer, or point --alertmanager.url past the proxy';

const NOT_KEPT = {
  message: 'Each alert opens a connection, which a full table does not let out',
  remedy: 'Start the agent without --no-alertmanager.keep-alive',
};

/** Why an alert may not leave while the table is full, for people. */
export function connectionProblem(
  keepAlive: boolean,
  { isClosing, closedIdleMs = 0 }: { readonly isClosing: boolean; readonly closedIdleMs: number | undefined },
): { readonly message: string; readonly remedy: string } | undefined {
  if (!keepAlive) return NOT_KEPT;
  if (!isClosing) return undefined;
  const when =
    closedIdleMs < 1000 ? 'after each answer' : `after ${Math.round(closedIdleMs / 1000)} s without a request`;
  return { message: `It closes connections ${when}`, remedy: KEEP_OPEN };
}

/** A quarter of the life of an alert. Beyond that, alerts with the times of the node would end too early or too late. */
const CLOCK_OFF_MS = 30_000;
/** How long a clock must have been right before that is logged: two servers behind one URL may differ in their clocks. */
const CLOCK_RIGHT_MS = 120_000;
const SYNCHRONISE =
  'Have both set their clocks by NTP: timedatectl and chronyc tracking tell which of them is off. Until then alerts carry the time of Alertmanager';

/** Logs once that an Alertmanager takes notifications, once for each way in which it does not, and once that it does again. */
export class DeliveryLog {
  readonly #url: string;
  readonly #log: Log;
  readonly #loggedOutcomes = new Set<Outcome>();
  #hasDelivered = false;
  #isQueryUnanswered = false;
  #isClosing = false;
  /** Monotonic: when the clock was last seen to be off; undefined unless that is logged. */
  #clockOffMs: number | undefined;

  constructor(url: string, log: Log) {
    this.#url = url;
    this.#log = log;
  }

  failed(outcome: Exclude<Outcome, 'delivered'>, error: unknown): void {
    if (this.#loggedOutcomes.has(outcome)) return;
    this.#loggedOutcomes.add(outcome);
    this.#log.warn({ alertmanager: this.#url, outcome, error }, 'Direct alerts cannot be delivered');
  }

  delivered(): void {
    if (this.#loggedOutcomes.size > 0) {
      this.#log.info({ alertmanager: this.#url }, 'Direct alerts can be delivered again');
    } else if (!this.#hasDelivered) {
      this.#log.info({ alertmanager: this.#url }, 'Direct alerts can be delivered');
    }
    this.#loggedOutcomes.clear();
    this.#hasDelivered = true;
  }

  /** Alertmanager takes notifications, but closes the connection after each, or when it was idle for so long. */
  connectionsClosed(idleMs: number | undefined): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#log.warn(
      { alertmanager: this.#url, idleSeconds: Math.round((idleMs ?? 0) / 1000), remedy: KEEP_OPEN },
      'Alertmanager cannot be relied on while the table is full: it closes connections',
    );
  }

  connectionsKept(): void {
    if (!this.#isClosing) return;
    this.#isClosing = false;
    this.#log.info({ alertmanager: this.#url }, 'Alertmanager keeps connections open again');
  }

  /** Alertmanager's clock is so much ahead of the node's; behind it when that is negative. */
  clockOffset(offsetMs: number, nowMs: number): void {
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

  /** Alertmanager takes notifications, but does not answer a query for its alerts. */
  queryFailed(error: unknown): void {
    if (this.#isQueryUnanswered) return;
    this.#isQueryUnanswered = true;
    this.#log.warn(
      { alertmanager: this.#url, error },
      'Alertmanager does not tell who else keeps an alert: what clears is resolved although a Prometheus may still see it',
    );
  }

  queryAnswered(): void {
    this.#isQueryUnanswered = false;
  }
}

import type { Log } from '../model/log.ts';
import type { AlertmanagerReport } from '../model/scrapers.ts';

/** What can become of a notification. */
export const OUTCOMES = ['delivered', 'refused', 'failed', 'timed_out'] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** The answer of an HTTP server. */
export type Answer = {
  readonly statusCode: number;
  /** The whole body. */
  readonly text: string;
  readonly contentType: string | undefined;
  /** Where a redirect leads. */
  readonly location: string | undefined;
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

/**
 * Alertmanager answers a post with an empty body (api/v2/restapi, PostAlertsOK), the list of alerts with JSON; so do Mimir and
 * vmauth, which pass its answers on. A login page has status 200 too, and a server that is not Alertmanager says "ok" to anything.
 * 408 (request timeout) and 429 (too many requests) may pass; any other 3xx or 4xx would be answered to the next attempt too.
 */
export function outcomeOf(answer: Pick<Answer, 'statusCode' | 'contentType' | 'text'>): Outcome {
  const { statusCode } = answer;
  if (statusCode >= 200 && statusCode < 300) return isOfAlertmanager(answer) ? 'delivered' : 'refused';
  if (statusCode === 408 || statusCode === 429) return 'failed';
  return statusCode >= 300 && statusCode < 500 ? 'refused' : 'failed';
}

function isOfAlertmanager({ contentType, text }: Pick<Answer, 'contentType' | 'text'>): boolean {
  if (/\bx?html\b/i.test(contentType ?? '')) return false;
  if (text.trim() === '') return true;
  try {
    return isAcceptance(JSON.parse(text));
  } catch {
    return false;
  }
}

/** A gateway may report an error with status 200. */
function isAcceptance(json: unknown): boolean {
  if (typeof json !== 'object' || json === null) return false;
  const { status, code, error, errors } = json as Readonly<Record<string, unknown>>;
  const isRefusal = [status, code].some((value) => value === 'error' || (typeof value === 'number' && value >= 300));
  return !isRefusal && !error && !errors;
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

/** A post that Alertmanager did not take. */
export type Undelivered = {
  readonly outcome: Exclude<Outcome, 'delivered'>;
  readonly problem: { readonly message: string; readonly remedy: string };
  /** Undefined without an answer. */
  readonly statusCode: number | undefined;
};

/** What is known of the posts to one Alertmanager, heartbeats included: an idle connection proves nothing. */
export class DeliveryState {
  #last: { readonly isDelivered: boolean; readonly atMs: number } | undefined;
  #failing: { readonly sinceMs: number; readonly problem: Undelivered['problem'] } | undefined;

  /** Why alerts are not delivered; undefined while they are. */
  get problem(): Undelivered['problem'] | undefined {
    return this.#failing?.problem;
  }

  reportAt(nowMs: number): Pick<AlertmanagerReport, 'lastPost' | 'failingSeconds'> {
    const [last, failing] = [this.#last, this.#failing];
    return {
      lastPost: last && { isDelivered: last.isDelivered, agoSeconds: (nowMs - last.atMs) / 1000 },
      failingSeconds: failing && (nowMs - failing.sinceMs) / 1000,
    };
  }

  undelivered({ problem }: Undelivered, atMs: number): void {
    this.#last = { isDelivered: false, atMs };
    this.#failing = { sinceMs: this.#failing?.sinceMs ?? atMs, problem };
  }

  delivered(atMs: number, isRefused: boolean): void {
    const isDelivered = this.#failing === undefined || !isRefused;
    this.#last = { isDelivered, atMs };
    if (isDelivered) this.#failing = undefined;
  }
}

/** Logs once that an Alertmanager takes notifications, once for each way in which it does not, and once that it does again. */
export class DeliveryLog {
  readonly state = new DeliveryState();
  readonly #url: string;
  readonly #log: Log;
  readonly #logged = new Set<string>();
  #hasDelivered = false;
  #isQueryUnanswered = false;
  #isClosing = false;
  /** Monotonic: when the clock was last seen to be off; undefined unless that is logged. */
  #clockOffMs: number | undefined;

  constructor(url: string, log: Log) {
    this.#url = url;
    this.#log = log;
  }

  /** Once for each outcome, and for each status of a refusal: with another one the remedy is another. */
  failed(result: Undelivered, atMs: number): void {
    const { outcome, problem, statusCode } = result;
    this.state.undelivered(result, atMs);
    const key = outcome === 'refused' ? `${outcome} ${statusCode}` : outcome;
    if (this.#logged.has(key)) return;
    this.#logged.add(key);
    const { message, remedy } = problem;
    const fields = { alertmanager: this.#url, outcome, error: new Error(message), remedy };
    this.#log.warn(fields, 'Direct alerts cannot be delivered');
  }

  /** @param isRefused an alert is still refused, although this post, an empty list perhaps, was taken */
  delivered(atMs: number, isRefused: boolean): void {
    this.state.delivered(atMs, isRefused);
    if (isRefused) return;
    if (this.#logged.size > 0) {
      this.#log.info({ alertmanager: this.#url }, 'Direct alerts can be delivered again');
    } else if (!this.#hasDelivered) {
      this.#log.info({ alertmanager: this.#url }, 'Direct alerts can be delivered');
    }
    this.#logged.clear();
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

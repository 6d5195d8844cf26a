/** How long and how often, in milliseconds. Tests set their own. */
export type Timings = {
  /** Between two light requests over an idle connection: below the shortest idle timeout in common use, HAProxy's 10 s. */
  readonly heartbeatMs: number;
  /** Between two posts of what stays raised; twice as often as Prometheus (`--rules.alert.resend-delay`), for the life is half as long. */
  readonly resendMs: number;
  /**
   * How long a posted alert lives unless it is posted again. Less than what is left at any time of an alert of Prometheus, 3 of
   * 4 min (rules/alerting.go, sendAlerts): an alert that ends later than this agent posted is kept alive by another sender.
   */
  readonly lifeMs: number;
  /**
   * How much longer the last post of an agent that stops makes a warning live: the next agent needs so long to know what an alarm
   * looks at (growth, a share of five minutes), besides the time for which it must hold.
   */
  readonly handoverMs: number;
  /** For how long a cleared alert is still sent to an Alertmanager that was out of reach; as in Prometheus (rules/alerting.go, resolvedRetention). */
  readonly keepClearedMs: number;
  /** Timeout of one request, connecting included. */
  readonly requestMs: number;
  /** First and longest wait after a failure; the wait doubles in between. */
  readonly retryFirstMs: number;
  readonly retryMaxMs: number;
  /** Wait after a refusal: the same post at once would be refused again. */
  readonly refusedMs: number;
  /** Between two lookups of the name while no alarm is raised. */
  readonly lookupMs: number;
};

export const TIMINGS: Timings = {
  heartbeatMs: 8000,
  resendMs: 30_000,
  lifeMs: 120_000,
  handoverMs: 300_000,
  keepClearedMs: 900_000,
  requestMs: 5000,
  retryFirstMs: 1000,
  retryMaxMs: 30_000,
  refusedMs: 60_000,
  lookupMs: 60_000,
};

/** Doubles from the first wait to the longest; `random` (0 to 1) takes up to half of it off, so that the agents of a fleet do not return at the same moment. */
export function waitAfter(
  failures: number,
  { retryFirstMs, retryMaxMs }: Pick<Timings, 'retryFirstMs' | 'retryMaxMs'>,
  random: () => number,
): number {
  if (failures === 0) return 0;
  return Math.min(retryMaxMs, retryFirstMs * 2 ** (failures - 1)) * (1 - random() / 2);
}

/** So many early ends in a row mean that the server closes connections. One may have been a restart. */
const EARLY_ENDS = 2;

/**
 * How long to wait before a connection is opened only to be kept open, by how the ones before it ended. Where every connection
 * is closed (by a proxy that speaks HTTP/1.0, or without keep-alive), one after the other would fill the table that is watched:
 * each is an entry, until a minute or two after its end. New states of alarms do not wait for this.
 */
export class ReconnectDelay {
  readonly #timings: Pick<Timings, 'resendMs' | 'retryFirstMs' | 'retryMaxMs'>;
  #earlyEnds = 0;

  constructor(timings: Pick<Timings, 'resendMs' | 'retryFirstMs' | 'retryMaxMs'>) {
    this.#timings = timings;
  }

  /** The server closes connections early, so that a lost one does not mean that Alertmanager was restarted. */
  get isClosing(): boolean {
    return this.#earlyEnds >= EARLY_ENDS;
  }

  /** The server has closed a connection that worked for so long. */
  ended(workedMs: number): void {
    this.#earlyEnds = workedMs < this.#timings.resendMs ? this.#earlyEnds + 1 : 0;
  }

  /** A connection that has worked for so long has brought an answer. */
  answered(workedMs: number): void {
    if (workedMs >= this.#timings.resendMs) this.#earlyEnds = 0;
  }

  /** How long to wait, when the last one was opened so long ago. */
  waitMs(sinceOpenedMs: number): number {
    const gapMs = this.isClosing ? this.#timings.resendMs : waitAfter(this.#earlyEnds, this.#timings, () => 0);
    return Math.max(0, gapMs - sinceOpenedMs);
  }
}

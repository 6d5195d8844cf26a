/** How long and how often, in milliseconds. Tests bring their own. */
export type Timings = {
  /** Between two light requests over an idle connection: below the shortest idle timeout in common use, HAProxy's 10 s. */
  readonly heartbeatMs: number;
  /** Between two posts of what stays raised; twice as often as Prometheus (`--rules.alert.resend-delay`), for the life is half as long. */
  readonly resendMs: number;
  /**
   * How long a posted alert lives unless it is posted again. Less than what is left at any time of an alert of Prometheus, 3 of
   * 4 min (rules/alerting.go, sendAlerts): who sees an alert live longer than this agent claimed knows that another keeps it.
   */
  readonly lifeMs: number;
  /** How long an Alertmanager that was out of reach is still told what has cleared; as long as Prometheus does (rules/alerting.go, resolvedRetention). */
  readonly keepClearedMs: number;
  /** Patience with one request, connecting included. */
  readonly requestMs: number;
  /** First and longest wait after a failure; the wait doubles in between. */
  readonly retryFirstMs: number;
  readonly retryMaxMs: number;
  /** Wait after a refusal: asking again at once would be refused again. */
  readonly refusedMs: number;
  /** Between two lookups of the name, in quiet times. */
  readonly lookupMs: number;
};

export const TIMINGS: Timings = {
  heartbeatMs: 8000,
  resendMs: 30_000,
  lifeMs: 120_000,
  keepClearedMs: 900_000,
  requestMs: 5000,
  retryFirstMs: 1000,
  retryMaxMs: 30_000,
  refusedMs: 60_000,
  lookupMs: 60_000,
};

/** Doubles from the first wait to the longest; `random` (0 to 1) takes up to half of it off, so that a fleet does not return as one. */
export function waitAfter(
  failures: number,
  { retryFirstMs, retryMaxMs }: Pick<Timings, 'retryFirstMs' | 'retryMaxMs'>,
  random: () => number,
): number {
  if (failures === 0) return 0;
  return Math.min(retryMaxMs, retryFirstMs * 2 ** (failures - 1)) * (1 - random() / 2);
}

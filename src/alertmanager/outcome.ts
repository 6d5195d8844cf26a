/** What can become of a page handed to an Alertmanager. */
export const OUTCOMES = ['delivered', 'refused', 'failed', 'timed_out'] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** What an HTTP server said. */
export type Answer = {
  readonly statusCode: number;
  /** The whole body. */
  readonly text: string;
  /** From `Keep-Alive: timeout=5`: how long the server says that it leaves an idle connection open. */
  readonly idleSeconds: number | undefined;
  /** What its `Date` says, milliseconds since the epoch; undefined without one, and where a cache says that the answer is an old one. */
  readonly dateMs: number | undefined;
};

/** No answer came in time. */
export class LateAnswer extends Error {
  constructor(requestMs: number) {
    super(`no answer within ${requestMs / 1000} s`);
    this.name = 'LateAnswer';
  }
}

/** A request timeout and too many requests are the server's trouble; the rest of 3xx and 4xx would be said again. */
export function outcomeOf(statusCode: number): Outcome {
  if (statusCode >= 200 && statusCode < 300) return 'delivered';
  if (statusCode === 408 || statusCode === 429) return 'failed';
  return statusCode >= 300 && statusCode < 500 ? 'refused' : 'failed';
}

/** First line of an answer, for the log. */
export function sayingOf({ statusCode, text }: Answer): string {
  const line = text.trimStart().split('\n', 1)[0]!.trim().slice(0, 200);
  return line === '' ? `status ${statusCode}` : `status ${statusCode}: ${line}`;
}

import type { AlarmName } from '../judge/alarm.ts';
import type { Log } from '../log.ts';
import type { AlertBook, Entry } from './alert-book.ts';
import { Condition } from './condition.ts';
import type { KnownAddresses } from './known-addresses.ts';
import { Line } from './line.ts';
import { LateAnswer, type Outcome, outcomeOf, sayingOf } from './outcome.ts';
import { type Timings, waitAfter } from './timings.ts';
import type { Endpoint } from './wire.ts';
import { within } from './within.ts';

export type AlertmanagerParts = {
  readonly endpoint: Endpoint;
  readonly addresses: KnownAddresses;
  readonly authorization: () => string | undefined;
  readonly book: AlertBook;
  readonly bodyOf: (entries: readonly Entry[]) => string;
  readonly count: (outcome: Outcome) => void;
  readonly keepWarm: boolean;
  readonly log: Log;
  readonly clock: () => number;
  readonly random: () => number;
  readonly timings: Timings;
};

/** What this Alertmanager was last told of an alarm. */
type Told = { readonly version: number; readonly atMs: number; readonly isAccepted: boolean };

/**
 * One Alertmanager: a connection kept warm, and what it has been told over it. It keeps alerts in memory only, so once the
 * connection is lost it counts as having been told nothing.
 */
export class Alertmanager {
  readonly #parts: AlertmanagerParts;
  readonly #line: Line;
  readonly #condition: Condition;
  readonly #told = new Map<AlarmName, Told>();
  #timer: NodeJS.Timeout | undefined;
  #isBusy = false;
  #isStopped = false;
  /** Failures in a row, and connections in a row that were lost before their second answer. */
  #strikes = 0;
  #beatMs: number;
  #attemptedMs = Number.NEGATIVE_INFINITY;
  #lookedUpMs = Number.NEGATIVE_INFINITY;

  constructor(parts: AlertmanagerParts) {
    const { endpoint, timings, log } = parts;
    this.#parts = parts;
    this.#beatMs = timings.beatMs;
    this.#condition = new Condition(endpoint.url.href, log);
    this.#line = new Line(endpoint, timings.requestMs, (wire) => this.#lost(wire.answers));
  }

  start(): void {
    this.#schedule(0);
  }

  /** The book has changed. A post that is under way looks into it again when it is done. */
  changed(): void {
    const { clock, timings } = this.#parts;
    if (this.#isBusy) return;
    this.#schedule(this.#strikes === 0 ? 0 : Math.max(0, this.#attemptedMs + timings.retryFirstMs - clock()));
  }

  /** Resolves nothing: what still burns lives on in Alertmanager until the next agent takes it over. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#line.close();
  }

  #schedule(waitMs: number): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#isBusy = true;
      void this.#attempt()
        .finally(() => {
          this.#isBusy = false;
        })
        .then((nextMs) => this.#schedule(nextMs));
    }, waitMs);
  }

  /** One post, of what is due or of nothing; the time until the next. */
  async #attempt(): Promise<number> {
    const { count, clock, keepWarm, timings, random } = this.#parts;
    const nowMs = clock();
    this.#attemptedMs = nowMs;
    this.#keepAddresses(nowMs);
    const entries = this.#due(nowMs);
    if (entries.length === 0 && !keepWarm) return timings.resendMs;
    const outcome = await this.#post(entries);
    if (this.#isStopped) return timings.resendMs;
    if (entries.length > 0) count(outcome);
    if (outcome === 'failed' || outcome === 'timed_out') {
      this.#strikes += 1;
      return waitAfter(this.#strikes, timings, random);
    }
    for (const { alarm, version } of entries) {
      this.#told.set(alarm, { version, atMs: nowMs, isAccepted: outcome === 'delivered' });
    }
    if (outcome === 'delivered' && !this.#isRefused()) this.#condition.well();
    if (!keepWarm) this.#line.close();
    if (this.#due(clock()).length > 0) return 0;
    return keepWarm ? this.#beatMs : timings.resendMs;
  }

  /** An empty list of alerts is as light as a request can be, and takes the path, method and credentials of a page: what would refuse a page refuses it too. */
  async #post(entries: readonly Entry[]): Promise<Outcome> {
    const { addresses, authorization, bodyOf, timings } = this.#parts;
    try {
      const late = () => new LateAnswer(timings.requestMs);
      if (!addresses.areKnown) await within(addresses.refresh(), timings.requestMs, late);
      const credentials = authorization();
      const headers = credentials === undefined ? {} : { authorization: credentials };
      const answer = await this.#line.post({ headers, body: entries.length === 0 ? '[]' : bodyOf(entries) });
      if (!answer.isFirst) this.#strikes = 0;
      this.#beatMs = Math.min(timings.beatMs, beatFor(answer.idleSeconds));
      const outcome = outcomeOf(answer.statusCode);
      if (outcome !== 'delivered') this.#condition.ill(outcome, new Error(without(credentials, sayingOf(answer))));
      return outcome;
    } catch (error) {
      const outcome = error instanceof LateAnswer ? 'timed_out' : 'failed';
      if (!this.#isStopped) this.#condition.ill(outcome, error);
      return outcome;
    }
  }

  #due(nowMs: number): Entry[] {
    return this.#parts.book.entries.filter((entry) => this.#isDue(entry, nowMs));
  }

  #isDue(entry: Entry, nowMs: number): boolean {
    const { lifeMs, keepClearedMs, resendMs, refusedMs } = this.#parts.timings;
    // A raised alarm that nobody has seen for as long as an alert lives is not known to burn: the judge is blind.
    if (nowMs - entry.seenMs >= (entry.isRaised ? lifeMs : keepClearedMs)) return false;
    const told = this.#told.get(entry.alarm);
    if (told?.version !== entry.version) return true;
    // A resolution that was accepted is not repeated: it would end what a Prometheus still sees burning.
    const repeatMs = entry.isRaised ? resendMs : Number.POSITIVE_INFINITY;
    return nowMs - told.atMs >= (told.isAccepted ? repeatMs : refusedMs);
  }

  /** An empty list may be taken where alerts are not. */
  #isRefused(): boolean {
    return this.#parts.book.entries.some(({ alarm, version }) => {
      const told = this.#told.get(alarm);
      return told?.version === version && !told.isAccepted;
    });
  }

  /** While something burns a lookup might hang, and is made only when the addresses at hand do not work any more. */
  #keepAddresses(nowMs: number): void {
    const { book, addresses, timings } = this.#parts;
    const burns = book.entries.some(({ isRaised }) => isRaised);
    if (nowMs - this.#lookedUpMs < timings.lookupMs || (burns && this.#strikes === 0)) return;
    this.#lookedUpMs = nowMs;
    void addresses.refresh();
  }

  #lost(answers: number): void {
    const { keepWarm, timings, random } = this.#parts;
    this.#told.clear();
    if (answers === 1) this.#strikes += 1;
    if (keepWarm && !this.#isBusy) this.#schedule(waitAfter(this.#strikes, timings, random));
  }
}

/** Twice within the time that the server leaves an idle connection open, if it says; but no more than once a second. */
function beatFor(idleSeconds: number | undefined): number {
  return idleSeconds === undefined ? Number.POSITIVE_INFINITY : Math.max(1000, (idleSeconds * 1000) / 2);
}

/** A server may quote in its refusal what it was sent. */
function without(credentials: string | undefined, text: string): string {
  const secret = credentials?.split(' ')[1];
  return secret === undefined ? text : text.replaceAll(secret, '***');
}

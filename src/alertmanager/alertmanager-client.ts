import type { Log } from '../model/log.ts';
import type { Alert } from './alert.ts';
import type { AlertStates, Entry } from './alert-states.ts';
import { Connection, type ConnectionParts } from './connection.ts';
import type { LineAnswer } from './connection-pair.ts';
import { DeliveryLog } from './delivery-log.ts';
import { DueAlerts } from './due-alerts.ts';
import { heldByOthers } from './held-by-others.ts';
import { LateAnswer, type Outcome, outcomeOf, sayingOf } from './outcome.ts';
import { ServerClock } from './server-clock.ts';
import { waitAfter } from './timings.ts';

export type AlertmanagerParts = Omit<ConnectionParts, 'onLost' | 'serverClock'> & {
  readonly book: AlertStates;
  readonly alertOf: (entry: Entry, serverClock: ServerClock) => Alert;
  readonly count: (outcome: Outcome) => void;
  readonly keepAlive: boolean;
  readonly log: Log;
  readonly wallClock: () => number;
  readonly random: () => number;
};

/** An alert whose times turn out to be more wrong than this is posted anew. */
const MISTIMED_MS = 10_000;

/** One Alertmanager: a connection that is kept open, and what goes over it, one request at a time. */
export class Alertmanager {
  readonly #parts: AlertmanagerParts;
  readonly #connection: Connection;
  readonly #condition: DeliveryLog;
  readonly #dueAlerts: DueAlerts;
  readonly #serverClock: ServerClock;
  #timer: NodeJS.Timeout | undefined;
  #isBusy = false;
  #isStopped = false;
  #consecutiveFailures = 0;
  #attemptedMs = Number.NEGATIVE_INFINITY;
  /** One that did not answer a question is spared the next for a while: asking may have cost the connection. */
  #askAgainMs = Number.NEGATIVE_INFINITY;

  constructor(parts: AlertmanagerParts) {
    this.#parts = parts;
    this.#condition = new DeliveryLog(parts.endpoint.url.href, parts.log);
    this.#dueAlerts = new DueAlerts(parts.book, parts.timings);
    this.#serverClock = new ServerClock(parts);
    const serverClock = this.#serverClock;
    this.#connection = new Connection({ ...parts, serverClock, onLost: () => this.#lost() });
  }

  start(): void {
    this.#schedule(0);
  }

  /** The book has changed. A request that is under way looks into it again when it is done. */
  changed(): void {
    const { clock, timings } = this.#parts;
    if (this.#isBusy) return;
    const hasFailed = this.#consecutiveFailures > 0;
    this.#schedule(hasFailed ? Math.max(0, this.#attemptedMs + timings.retryFirstMs - clock()) : 0);
  }

  /**
   * Resolves nothing, so that a restart is no news to anybody: what still fires lives on in Alertmanager for `lifeMs`, labels
   * are the identity of an alert, and the next agent, which posts the same labels before that, prolongs the same alert.
   */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#connection.close();
  }

  #schedule(waitMs: number): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#isBusy = true;
      void this.#attempt().finally(() => {
        this.#isBusy = false;
        this.#schedule(this.#nextMs());
      });
    }, waitMs);
  }

  /**
   * How long until the next attempt. That something is due may call for one at once, since the ledger bounds how often that
   * is: once for each new state, and each resend interval. For a lost connection it is no reason when those do not last.
   */
  #nextMs(): number {
    const { clock, keepAlive, timings, random } = this.#parts;
    if (this.#consecutiveFailures > 0) return waitAfter(this.#consecutiveFailures, timings, random);
    if (this.#dueAlerts.due(clock()).length > 0) return 0;
    if (!keepAlive) return timings.resendMs;
    return this.#connection.isReady ? this.#connection.heartbeatMs : this.#connection.waitMs;
  }

  /** Says what is due, or nothing to keep the connection. What burns goes first and unasked. */
  async #attempt(): Promise<void> {
    const { book, clock, keepAlive } = this.#parts;
    const nowMs = clock();
    this.#attemptedMs = nowMs;
    const hasFailed = this.#consecutiveFailures > 0;
    // While something burns a lookup might hang, and is made only when the addresses at hand do not work any more.
    if (hasFailed || !book.entries.some(({ isRaised }) => isRaised)) this.#connection.lookUpNowAndThen(nowMs);
    const due = this.#dueAlerts.due(nowMs);
    if (due.length === 0 && (!keepAlive || this.#connection.waitMs > 0)) return;
    const raised = due.filter(({ isRaised }) => isRaised);
    const isAnswered = raised.length > 0 ? await this.#post(raised) : await this.#resolve(due);
    if (isAnswered && !keepAlive) this.#connection.hangUp();
  }

  /** Posts of what has cleared all that nobody else keeps alive; where that is not told, everything. Answers as `#post`. */
  async #resolve(cleared: readonly Entry[]): Promise<boolean> {
    const { clock, timings } = this.#parts;
    if (cleared.length === 0 || clock() < this.#askAgainMs) return this.#post(cleared);
    const { held, problem } = await this.#held(cleared);
    this.#dueAlerts.tell(held, clock(), true);
    // What was raised while it was asked goes first.
    if (this.#dueAlerts.due(clock()).some(({ isRaised }) => isRaised)) return true;
    const isAnswered = await this.#post(cleared.filter((entry) => !held.includes(entry)));
    if (isAnswered && problem !== undefined) {
      this.#askAgainMs = clock() + timings.refusedMs;
      this.#condition.mute(problem);
    }
    return isAnswered;
  }

  async #held(cleared: readonly Entry[]): Promise<{ held: readonly Entry[]; problem?: unknown }> {
    const questions = cleared.map((entry) => {
      return {
        entry,
        alert: this.#parts.alertOf(entry, this.#serverClock),
        claimedWallMs: this.#dueAlerts.claimOf(entry.alarm),
      };
    });
    try {
      const held = await heldByOthers(questions, (query) => this.#connection.send({ query }));
      this.#condition.answering();
      return { held };
    } catch (problem) {
      return { held: [], problem };
    }
  }

  /**
   * Whether there was an answer, be it a refusal. An empty list is as light as a request can be, and takes the path, method
   * and credentials of a page: what would refuse a page refuses it too.
   */
  async #post(entries: readonly Entry[], isCorrection = false): Promise<boolean> {
    const { count, clock, alertOf } = this.#parts;
    const atMs = clock();
    const wallMs = this.#serverClock.wallMsAt(atMs);
    const alerts = entries.map((entry) => alertOf(entry, this.#serverClock));
    this.#dueAlerts.claim(entries, alerts);
    const isProbe = entries.length === 0 && this.#connection.isClosing && this.#connection.isReady;
    const outcome = await this.#deliver(JSON.stringify(alerts), isProbe);
    if (this.#isStopped || outcome === 'ended') return false;
    if (entries.length > 0) count(outcome);
    if (outcome === 'failed' || outcome === 'timed_out') {
      this.#consecutiveFailures += 1;
      return false;
    }
    this.#consecutiveFailures = 0;
    this.#dueAlerts.tell(entries, atMs, outcome === 'delivered');
    if (outcome === 'delivered' && !this.#dueAlerts.isRefused) this.#condition.well();
    // The first answer of all, on a node whose clock is off, or the first after a machine was suspended.
    const isMistimed = Math.abs(this.#serverClock.wallMsAt(atMs) - wallMs) > MISTIMED_MS;
    return isMistimed && entries.length > 0 && !isCorrection ? this.#post(entries, true) : true;
  }

  /** A probe is to find out whether the connection still stands, and has ended with it when it does not. */
  async #deliver(body: string, isProbe: boolean): Promise<Outcome | 'ended'> {
    try {
      const answer = await this.#connection.send({ body }, !isProbe);
      this.#heard(answer);
      const outcome = outcomeOf(answer.statusCode);
      if (outcome !== 'delivered') this.#condition.ill(outcome, new Error(sayingOf(answer)));
      return outcome;
    } catch (error) {
      if (isProbe) return 'ended';
      const outcome = error instanceof LateAnswer ? 'timed_out' : 'failed';
      if (!this.#isStopped) this.#condition.ill(outcome, error);
      return outcome;
    }
  }

  #heard({ workedMs }: LineAnswer): void {
    this.#condition.clock(this.#serverClock.offsetMs, this.#parts.clock());
    if (workedMs >= this.#parts.timings.lifeMs) this.#condition.keepingOpen();
  }

  /**
   * Alertmanager may have been restarted, and its memory be gone: all is said again over the next connection. But of one that closes
   * each connection that is not known, and what is raised is posted again and again in any case.
   */
  #lost(): void {
    if (!this.#parts.keepAlive) return;
    if (this.#connection.isClosing) this.#condition.closing();
    else this.#dueAlerts.forget();
    if (!this.#isBusy) this.#schedule(this.#nextMs());
  }
}

import type { Log } from '../model/log.ts';
import type { AlertmanagerReport } from '../model/scrapers.ts';
import { type Alert, type AlertState, type AlertStates, DueAlerts, heldByOthers } from './alert.ts';
import { Connection, type ConnectionParts, type TimedAnswer } from './connection.ts';
import { connectionProblem, DeliveryLog, LateAnswer, type Outcome, type Undelivered } from './delivery.ts';
import { failureOf, resultOf } from './delivery-problem.ts';
import { within } from './http-connection.ts';
import { ServerClock } from './server-clock.ts';
import { waitAfter } from './timings.ts';

export type AlertmanagerParts = Omit<ConnectionParts, 'onLost' | 'serverClock'> & {
  readonly states: AlertStates;
  /** @param isLast it is to live until the next agent has judged the alarm anew */
  readonly alertOf: (state: AlertState, serverClock: ServerClock, isLast?: boolean) => Alert;
  readonly count: (outcome: Outcome) => void;
  readonly keepAlive: boolean;
  readonly log: Log;
  readonly wallClock: () => number;
  readonly random: () => number;
};

/** An alert whose times turn out to be further off than this is posted once more. */
const MISTIMED_MS = 10_000;

/** An agent has five seconds to end. */
const HANDOVER_WAIT_MS = 1000;
const NOT_HANDED_OVER = 'Cannot hand warnings over to the next agent: they may be notified anew';

/** One Alertmanager: a connection that is kept open, and what goes over it, one request at a time. */
export class Alertmanager {
  readonly #parts: AlertmanagerParts;
  readonly #connection: Connection;
  readonly #deliveryLog: DeliveryLog;
  readonly #dueAlerts: DueAlerts;
  readonly #serverClock: ServerClock;
  #timer: NodeJS.Timeout | undefined;
  /** The attempt that is under way. */
  #attempting: Promise<void> | undefined;
  #isStopped = false;
  #consecutiveFailures = 0;
  #attemptedMs = Number.NEGATIVE_INFINITY;
  /** After a query that was not answered the next one waits: it may have cost the connection. */
  #nextQueryMs = Number.NEGATIVE_INFINITY;

  constructor(parts: AlertmanagerParts) {
    this.#parts = parts;
    this.#deliveryLog = new DeliveryLog(parts.endpoint.url.href, parts.log);
    this.#dueAlerts = new DueAlerts(parts.states, parts.timings);
    this.#serverClock = new ServerClock(parts);
    this.#connection = new Connection({
      ...parts,
      serverClock: this.#serverClock,
      onLost: () => this.#connectionLost(),
    });
  }

  start(): void {
    this.#schedule(0);
  }

  /** Its connection, for people. */
  report(): AlertmanagerReport {
    const { endpoint, clock, keepAlive } = this.#parts;
    const { open } = this.#connection;
    return {
      url: endpoint.url.href.replace(/\/api\/v2\/alerts$/, ''),
      isConnected: open !== undefined,
      ageSeconds: open && (clock() - open.openedMs) / 1000,
      address: open?.address,
      ...this.#deliveryLog.state.reportAt(clock()),
      problem: this.#deliveryLog.state.problem ?? connectionProblem(keepAlive, this.#connection),
    };
  }

  /** An alarm has changed. A request that is under way schedules the next one itself when it is done. */
  changed(): void {
    const { clock, timings } = this.#parts;
    if (this.#attempting !== undefined) return;
    const hasFailed = this.#consecutiveFailures > 0;
    this.#schedule(hasFailed ? Math.max(0, this.#attemptedMs + timings.retryFirstMs - clock()) : 0);
  }

  /**
   * Resolves nothing, so that a restart of the agent notifies nobody: an alert that fires stays active in Alertmanager for
   * `lifeMs`, and the next agent, which posts the same labels before that, prolongs the same alert. A warning takes longer to
   * judge anew, so it is posted with a later end; a critical alert must not outlive its node for long.
   */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    const { clock, log } = this.#parts;
    const warnings = this.#dueAlerts.firingWarnings(clock());
    if (warnings.length > 0) {
      const late = () => new LateAnswer(HANDOVER_WAIT_MS);
      const isDelivered = await within(this.#handOver(warnings), HANDOVER_WAIT_MS, late).catch(() => false);
      // Before the connection is closed, after which the process may end at once.
      if (!isDelivered) log.warn({ url: this.report().url }, NOT_HANDED_OVER);
    }
    this.#connection.close();
  }

  async #handOver(warnings: readonly AlertState[]): Promise<boolean> {
    await this.#attempting;
    const alerts = warnings.map((state) => this.#parts.alertOf(state, this.#serverClock, true));
    return (await this.#deliver(JSON.stringify(alerts), false)) === 'delivered';
  }

  #schedule(waitMs: number): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#attempting = this.#attempt().finally(() => {
        this.#attempting = undefined;
        this.#schedule(this.#nextMs());
      });
    }, waitMs);
  }

  /**
   * How long until the next attempt. What is due is posted at once, because `DueAlerts` bounds how often that is: once for each
   * new state, and once in each resend interval. A lost connection is not opened again at once where connections do not last.
   */
  #nextMs(): number {
    const { clock, keepAlive, timings, random } = this.#parts;
    if (this.#consecutiveFailures > 0) return waitAfter(this.#consecutiveFailures, timings, random);
    if (this.#dueAlerts.due(clock()).length > 0) return 0;
    if (!keepAlive) return timings.resendMs;
    return this.#connection.isReady ? this.#connection.heartbeatMs : this.#connection.waitMs;
  }

  /** Posts what is due, or an empty list to keep the connection open. Raised alerts go first and without a query. */
  async #attempt(): Promise<void> {
    const { states, clock, keepAlive } = this.#parts;
    const nowMs = clock();
    this.#attemptedMs = nowMs;
    const hasFailed = this.#consecutiveFailures > 0;
    // While an alarm is raised a DNS lookup may hang, so it is made only when the known addresses do not work any more.
    if (hasFailed || !states.all.some(({ isRaised }) => isRaised)) this.#connection.refreshAddressesWhenDue(nowMs);
    const due = this.#dueAlerts.due(nowMs);
    if (due.length === 0 && (!keepAlive || this.#connection.waitMs > 0)) return;
    const raised = due.filter(({ isRaised }) => isRaised);
    const isAnswered = raised.length > 0 ? await this.#post(raised) : await this.#resolve(due);
    if (isAnswered && !keepAlive) this.#connection.disconnect();
  }

  /** Posts the cleared alerts that no other sender keeps alive; all of them when the query is not answered. Returns as `#post`. */
  async #resolve(cleared: readonly AlertState[]): Promise<boolean> {
    const { clock, timings } = this.#parts;
    if (cleared.length === 0 || clock() < this.#nextQueryMs) return this.#post(cleared);
    const { held, problem } = await this.#held(cleared);
    this.#dueAlerts.recordPosted(held, clock(), true);
    // What was raised during the query goes first.
    if (this.#dueAlerts.due(clock()).some(({ isRaised }) => isRaised)) return true;
    const isAnswered = await this.#post(cleared.filter((state) => !held.includes(state)));
    if (isAnswered && problem !== undefined) {
      this.#nextQueryMs = clock() + timings.refusedMs;
      this.#deliveryLog.queryFailed(problem);
    }
    return isAnswered;
  }

  async #held(cleared: readonly AlertState[]): Promise<{ held: readonly AlertState[]; problem?: unknown }> {
    const alerts = cleared.map((state) => {
      return {
        state,
        alert: this.#parts.alertOf(state, this.#serverClock),
        latestEndWallMs: this.#dueAlerts.latestEndOf(state.alarm),
      };
    });
    try {
      const held = await heldByOthers(alerts, (query) => this.#connection.send({ query }));
      this.#deliveryLog.queryAnswered();
      return { held: held.map(({ state }) => state) };
    } catch (problem) {
      return { held: [], problem };
    }
  }

  /**
   * Whether there was an answer, be it a refusal. An empty list is the lightest request, and has the path, method and
   * credentials of a notification: whatever would refuse a notification refuses it too.
   */
  async #post(states: readonly AlertState[], isCorrection = false): Promise<boolean> {
    const { count, clock, alertOf } = this.#parts;
    const atMs = clock();
    const wallMs = this.#serverClock.wallMsAt(atMs);
    const alerts = states.map((state) => alertOf(state, this.#serverClock));
    this.#dueAlerts.recordEnds(states, alerts);
    const isProbe = states.length === 0 && this.#connection.isClosing && this.#connection.isReady;
    const result = await this.#deliver(JSON.stringify(alerts), isProbe);
    if (this.#isStopped || result === 'ended') return false;
    const outcome = result === 'delivered' ? result : result.outcome;
    // Of empty lists only those are counted that would have been lost alerts.
    if (states.length > 0 || outcome !== 'delivered') count(outcome);
    if (result !== 'delivered') this.#deliveryLog.failed(result, clock());
    if (outcome === 'failed' || outcome === 'timed_out') {
      this.#consecutiveFailures += 1;
      return false;
    }
    this.#consecutiveFailures = 0;
    this.#dueAlerts.recordPosted(states, atMs, outcome === 'delivered');
    if (outcome === 'delivered') this.#deliveryLog.delivered(clock(), this.#dueAlerts.isRefusedAt(clock()));
    // This was the first answer, and the node's clock is off; or the first after the machine was suspended.
    const isMistimed = Math.abs(this.#serverClock.wallMsAt(atMs) - wallMs) > MISTIMED_MS;
    return isMistimed && states.length > 0 && !isCorrection ? this.#post(states, true) : true;
  }

  /** A probe is an empty list that shows whether the connection is still open; 'ended' when it is not. */
  async #deliver(body: string, isProbe: boolean): Promise<Undelivered | 'delivered' | 'ended'> {
    try {
      const answer = await this.#connection.send({ body }, !isProbe);
      this.#noteAnswer(answer);
      return resultOf(answer, this.#parts.endpoint.url);
    } catch (error) {
      return isProbe ? 'ended' : failureOf(error, this.#parts.endpoint.url);
    }
  }

  #noteAnswer({ workedMs }: TimedAnswer): void {
    this.#deliveryLog.clockOffset(this.#serverClock.offsetMs, this.#parts.clock());
    if (workedMs >= this.#parts.timings.lifeMs) this.#deliveryLog.connectionsKept();
  }

  /**
   * Alertmanager may have been restarted and have lost its alerts, so all of them are posted again over the next connection.
   * A server that closes every connection gives no such sign, and raised alerts are posted again in each resend interval anyway.
   */
  #connectionLost(): void {
    if (!this.#parts.keepAlive) return;
    if (this.#connection.isClosing) this.#deliveryLog.connectionsClosed(this.#connection.closedIdleMs);
    else this.#dueAlerts.postAgain();
    if (this.#attempting === undefined) this.#schedule(this.#nextMs());
  }
}

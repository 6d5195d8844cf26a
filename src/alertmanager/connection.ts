import { Line, type LineAnswer } from './connection-pair.ts';
import type { DnsCache } from './dns-cache.ts';
import type { Endpoint, HttpConnection, Request } from './http-connection.ts';
import { LateAnswer, outcomeOf } from './outcome.ts';
import { Reopening } from './reopening.ts';
import type { ServerClock } from './server-clock.ts';
import { within } from './timeout.ts';
import type { Timings } from './timings.ts';

export type ConnectionParts = {
  readonly endpoint: Endpoint;
  readonly addresses: DnsCache;
  readonly authorization: () => string | undefined;
  readonly timings: Timings;
  readonly clock: () => number;
  /** Learns the time from the answers. */
  readonly serverClock: ServerClock;
  /** A connection that has worked is gone, and it was not we who closed it. */
  readonly onLost: () => void;
};

/** The way to one Alertmanager with all it takes: addresses, credentials, and a beat that keeps it open. */
export class Connection {
  readonly #parts: ConnectionParts;
  readonly #line: Line;
  readonly #reopening: Reopening;
  #heartbeatMs: number;
  #isClosed = false;
  #lookedUpMs = Number.NEGATIVE_INFINITY;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#reopening = new Reopening(parts.timings);
    this.#line = new Line({ ...parts, onLost: (connection) => this.#lost(connection) });
    this.#heartbeatMs = parts.timings.heartbeatMs;
  }

  /** How long it may be idle. */
  get heartbeatMs(): number {
    return this.#heartbeatMs;
  }

  /** The next request does not take a new connection. */
  get isReady(): boolean {
    return this.#line.isReady;
  }

  /** The other side closes connections. */
  get isClosing(): boolean {
    return this.#reopening.isClosing;
  }

  /** How long until a request may be sent that is not worth a connection of its own at any time. */
  get waitMs(): number {
    return this.isReady ? 0 : this.#reopening.waitMs(this.#parts.clock() - this.#line.openedMs);
  }

  /** Rejects when no answer is had in time; one that is not worth another connection, when the open one ends. The answer holds no secret. */
  async send(request: Omit<Request, 'headers'>, isWorthAnother = true): Promise<LineAnswer> {
    const { addresses, authorization, timings } = this.#parts;
    const late = () => new LateAnswer(timings.requestMs);
    if (!addresses.areKnown) await within(addresses.refresh(), timings.requestMs, late);
    if (this.#isClosed) throw new Error('the agent stops');
    const credentials = authorization();
    const headers = credentials === undefined ? {} : { authorization: credentials };
    const sentMs = this.#parts.clock();
    const answer = await this.#line.send({ ...request, headers }, isWorthAnother);
    this.#reopening.answered(answer.workedMs);
    this.#learnTime(answer, sentMs);
    this.#heartbeatMs = Math.min(timings.heartbeatMs, heartbeatFor(answer.idleSeconds));
    return { ...answer, text: without(credentials, answer.text) };
  }

  #lost({ workedMs, lastAnswer }: HttpConnection): void {
    // A server that is unwell may close for that reason; how often it is tried again is told by the failures.
    if (lastAnswer === undefined || outcomeOf(lastAnswer.statusCode) !== 'failed') this.#reopening.ended(workedMs);
    this.#parts.onLost();
  }

  /** From what Alertmanager itself has answered: when it is out of reach, whoever says so may have another clock. */
  #learnTime({ statusCode, dateMs }: LineAnswer, sentMs: number): void {
    const { clock, serverClock } = this.#parts;
    if (dateMs === undefined || outcomeOf(statusCode) !== 'delivered') return;
    serverClock.measure({ dateMs, sentMs, receivedMs: clock() });
  }

  lookUpNowAndThen(nowMs: number): void {
    if (nowMs - this.#lookedUpMs < this.#parts.timings.lookupMs) return;
    this.#lookedUpMs = nowMs;
    void this.#parts.addresses.refresh();
  }

  /** The next request opens another. */
  hangUp(): void {
    this.#line.close();
  }

  /** For good. */
  close(): void {
    this.#isClosed = true;
    this.#line.close();
  }
}

/** Twice within the time that the server leaves an idle connection open, if it says; but no more than once a second. */
function heartbeatFor(idleSeconds: number | undefined): number {
  return idleSeconds === undefined ? Number.POSITIVE_INFINITY : Math.max(1000, (idleSeconds * 1000) / 2);
}

/** A server may quote in its refusal what it was sent. */
function without(credentials: string | undefined, text: string): string {
  const secret = credentials?.split(' ')[1];
  return secret === undefined ? text : text.replaceAll(secret, '***');
}

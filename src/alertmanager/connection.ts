import { ConnectionPair, type TimedAnswer } from './connection-pair.ts';
import { LateAnswer, outcomeOf } from './delivery.ts';
import type { DnsCache } from './dns-cache.ts';
import { type Endpoint, type HttpConnection, type Request, within } from './http-connection.ts';
import { type Credentials, withoutSecrets } from './secret-files.ts';
import type { ServerClock } from './server-clock.ts';
import { ReconnectDelay, type Timings } from './timings.ts';

export type ConnectionParts = {
  readonly endpoint: Endpoint;
  readonly addresses: DnsCache;
  readonly credentials: () => Credentials;
  readonly timings: Timings;
  readonly clock: () => number;
  /** Learns the time from the answers. */
  readonly serverClock: ServerClock;
  /** A connection that has worked is gone, and the agent did not close it. */
  readonly onLost: () => void;
};

/** The connection to one Alertmanager, with its addresses and credentials, and how often it must be used to stay open. */
export class Connection {
  readonly #parts: ConnectionParts;
  readonly #pair: ConnectionPair;
  readonly #reconnectDelay: ReconnectDelay;
  #heartbeatMs: number;
  #isClosed = false;
  #lookedUpMs = Number.NEGATIVE_INFINITY;
  #closedIdleMs: number | undefined;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#reconnectDelay = new ReconnectDelay(parts.timings);
    this.#pair = new ConnectionPair({ ...parts, onLost: (connection) => this.#connectionLost(connection) });
    this.#heartbeatMs = parts.timings.heartbeatMs;
  }

  /** How long it may be idle. */
  get heartbeatMs(): number {
    return this.#heartbeatMs;
  }

  /** The next request does not take a new connection. */
  get isReady(): boolean {
    return this.#pair.isReady;
  }

  /** The server closes connections early. */
  get isClosing(): boolean {
    return this.#reconnectDelay.isClosing;
  }

  /** How long the last connection that the server closed had been idle. */
  get closedIdleMs(): number | undefined {
    return this.#closedIdleMs;
  }

  /** The connection that has worked and is open. */
  get open(): Pick<HttpConnection, 'openedMs' | 'address'> | undefined {
    return this.#pair.working;
  }

  /** How long until a request may be sent that only keeps the connection open, and so does not justify a new one at any time. */
  get waitMs(): number {
    return this.isReady ? 0 : this.#reconnectDelay.waitMs(this.#parts.clock() - this.#pair.openedMs);
  }

  /** Rejects without an answer in time and, unless it may reconnect, when the open connection ends. Credentials are removed from a refusal, which is shown. */
  async send(request: Omit<Request, 'headers'>, mayReconnect = true): Promise<TimedAnswer> {
    const { addresses, credentials, timings } = this.#parts;
    const late = () => new LateAnswer(timings.requestMs);
    if (!addresses.areKnown) await within(addresses.refresh(), timings.requestMs, late);
    if (this.#isClosed) throw new Error('the agent stops');
    const { headers, secrets } = credentials();
    const sentMs = this.#parts.clock();
    const answer = await this.#pair.send({ ...request, headers }, mayReconnect);
    this.#reconnectDelay.answered(answer.workedMs);
    this.#learnTime(answer, sentMs);
    this.#heartbeatMs = Math.min(timings.heartbeatMs, heartbeatFor(answer.idleSeconds));
    return outcomeOf(answer) === 'delivered' ? answer : quoteless(answer, secrets);
  }

  #connectionLost({ workedMs, lastAnswer, idleMs }: HttpConnection): void {
    this.#closedIdleMs = idleMs;
    // A server that answers with a failure may close for that reason; then the wait after failures applies.
    if (lastAnswer === undefined || outcomeOf(lastAnswer) !== 'failed') this.#reconnectDelay.ended(workedMs);
    this.#parts.onLost();
  }

  /** Only from answers of Alertmanager itself: a proxy that reports it out of reach may have another clock. */
  #learnTime(answer: TimedAnswer, sentMs: number): void {
    const { clock, serverClock } = this.#parts;
    const { dateMs } = answer;
    if (dateMs === undefined || outcomeOf(answer) !== 'delivered') return;
    serverClock.measure({ dateMs, sentMs, receivedMs: clock() });
  }

  refreshAddressesWhenDue(nowMs: number): void {
    if (nowMs - this.#lookedUpMs < this.#parts.timings.lookupMs) return;
    this.#lookedUpMs = nowMs;
    void this.#parts.addresses.refresh();
    this.#parts.endpoint.clientCertificate?.(); // Reports files that do not belong together before a connection needs them.
  }

  /** Closes what is open; the next request opens another connection. */
  disconnect(): void {
    this.#pair.close();
  }

  /** Closes for ever. */
  close(): void {
    this.#isClosed = true;
    this.#pair.close();
  }
}

/** Half the time that the server leaves an idle connection open, where it says so; but at least a second. */
function heartbeatFor(idleSeconds: number | undefined): number {
  return idleSeconds === undefined ? Number.POSITIVE_INFINITY : Math.max(1000, (idleSeconds * 1000) / 2);
}

function quoteless(answer: TimedAnswer, secrets: readonly string[]): TimedAnswer {
  const { text, location } = answer;
  const clean = (one: string) => withoutSecrets(secrets, one);
  return { ...answer, text: clean(text), location: location === undefined ? undefined : clean(location) };
}

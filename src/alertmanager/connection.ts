import { type Answer, LateAnswer, outcomeOf } from './delivery.ts';
import { type DnsCache, type Endpoint, HttpConnection, type Request, within } from './http-connection.ts';
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

/** An answer, and how long the connection that brought it has worked. */
export type TimedAnswer = Answer & { readonly workedMs: number };

/**
 * A connection to one Alertmanager that stays open, with its addresses and credentials, and how often it must be used for that.
 *
 * There may be two for a time. While the table is full a connection that was closed cannot be opened again, so one that has worked before and
 * has not answered yet is kept until another has answered: it may only be slow.
 */
export class Connection {
  readonly #parts: ConnectionParts;
  readonly #reconnectDelay: ReconnectDelay;
  readonly #connections = new Set<HttpConnection>();
  #openedMs = Number.NEGATIVE_INFINITY;
  #heartbeatMs: number;
  /** Since the last request began. */
  #isDisconnected = false;
  #isClosed = false;
  #lookedUpMs = Number.NEGATIVE_INFINITY;
  #closedIdleMs: number | undefined;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#reconnectDelay = new ReconnectDelay(parts.timings);
    this.#heartbeatMs = parts.timings.heartbeatMs;
  }

  /** How long it may be idle. */
  get heartbeatMs(): number {
    return this.#heartbeatMs;
  }

  /** The next request does not take a new connection. */
  get isReady(): boolean {
    return this.#free() !== undefined;
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
    return [...this.#connections].find(({ answers }) => answers > 0);
  }

  /** How long until a request may be sent that only keeps the connection open, and so does not justify a new one at any time. */
  get waitMs(): number {
    return this.isReady ? 0 : this.#reconnectDelay.waitMs(this.#parts.clock() - this.#openedMs);
  }

  /**
   * Rejects with LateAnswer after the timeout, else with the system's error. The server may close a used connection just when
   * a request is written to it, so the request is then sent over a new one, if it may reconnect. Credentials are removed from a refusal,
   * which is shown.
   */
  async send(request: Omit<Request, 'headers'>, mayReconnect = true): Promise<TimedAnswer> {
    const { addresses, credentials, timings } = this.#parts;
    const late = () => new LateAnswer(timings.requestMs);
    if (!addresses.areKnown) await within(addresses.refresh(), timings.requestMs, late);
    if (this.#isClosed) throw new Error('the agent stops');
    const { headers, secrets } = credentials();
    const sentMs = this.#parts.clock();
    const answer = await this.#sendKept({ ...request, headers }, mayReconnect);
    this.#reconnectDelay.answered(answer.workedMs);
    this.#learnTime(answer, sentMs);
    this.#heartbeatMs = Math.min(timings.heartbeatMs, heartbeatFor(answer.idleSeconds));
    return outcomeOf(answer) === 'delivered' ? answer : quoteless(answer, secrets);
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
    this.#isDisconnected = true;
    const connections = [...this.#connections];
    this.#connections.clear();
    for (const connection of connections) connection.close();
  }

  /** Closes for ever. */
  close(): void {
    this.#isClosed = true;
    this.disconnect();
  }

  async #sendKept(request: Request, mayReconnect: boolean): Promise<TimedAnswer> {
    this.#isDisconnected = false;
    const connection = this.#free() ?? this.#openAnother();
    const isUsed = connection.answers > 0;
    try {
      return await this.#sendOver(connection, request);
    } catch (error) {
      if (!isUsed || !mayReconnect || this.#isDisconnected || error instanceof LateAnswer) throw error;
      return this.#sendOver(this.#openAnother(), request);
    }
  }

  async #sendOver(connection: HttpConnection, request: Request): Promise<TimedAnswer> {
    const { requestMs } = this.#parts.timings;
    const answering = connection.send(request).then(
      (answer) => {
        for (const other of this.#connections) if (other !== connection) other.close();
        return answer;
      },
      (error) => {
        connection.close();
        throw error;
      },
    );
    try {
      const answer = await within(answering, requestMs, () => new LateAnswer(requestMs));
      return { ...answer, workedMs: connection.workedMs };
    } catch (error) {
      answering.catch(() => undefined); // Nothing waits for a late failure: the connection is closed by then.
      if (connection.answers === 0) connection.close();
      throw error;
    }
  }

  #free(): HttpConnection | undefined {
    return [...this.#connections].find((connection) => !connection.isBusy);
  }

  #openAnother(): HttpConnection {
    const connection = new HttpConnection(this.#parts.endpoint, this.#parts.clock, (closed) => {
      if (this.#connections.delete(closed) && closed.answers > 0) this.#lost(closed);
    });
    this.#openedMs = connection.openedMs;
    this.#connections.add(connection);
    return connection;
  }

  /** A connection that has worked is gone, and the agent did not close it. */
  #lost({ workedMs, lastAnswer, idleMs }: HttpConnection): void {
    this.#closedIdleMs = idleMs;
    // A server that answers with a failure may close for that reason; then the wait after failures applies.
    if (lastAnswer === undefined || outcomeOf(lastAnswer) !== 'failed') this.#reconnectDelay.ended(workedMs);
    this.#parts.onLost();
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

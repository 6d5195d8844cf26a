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

type ConnectionPairParts = {
  readonly endpoint: Endpoint;
  readonly timings: Pick<Timings, 'requestMs'>;
  readonly clock: () => number;
  /** A connection that has worked is gone; not called for one that `close` closed. */
  readonly onLost: (connection: HttpConnection) => void;
};

/** An answer, and how long the connection that brought it has worked. */
export type TimedAnswer = Answer & { readonly workedMs: number };

/**
 * One connection to an Alertmanager, or two for a time. While the table is full a connection that was closed cannot be opened
 * again, so one that has worked before and has not answered yet is kept until another has answered: it may only be slow.
 */
class ConnectionPair {
  readonly #endpoint: Endpoint;
  readonly #requestMs: number;
  readonly #clock: () => number;
  readonly #onLost: (connection: HttpConnection) => void;
  readonly #connections = new Set<HttpConnection>();
  #openedMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor({ endpoint, timings, clock, onLost }: ConnectionPairParts) {
    this.#endpoint = endpoint;
    this.#requestMs = timings.requestMs;
    this.#clock = clock;
    this.#onLost = onLost;
  }

  /** There is a connection that the next request can use. */
  get isReady(): boolean {
    return this.#free() !== undefined;
  }

  get working(): HttpConnection | undefined {
    return [...this.#connections].find(({ answers }) => answers > 0);
  }

  /** When the last connection was opened, whatever became of it. */
  get openedMs(): number {
    return this.#openedMs;
  }

  /**
   * Rejects with LateAnswer after the timeout, else with the system's error. The server may close a used connection just when
   * a request is written to it, so the request is then sent over a new one, if it may reconnect.
   */
  async send(request: Request, mayReconnect: boolean): Promise<TimedAnswer> {
    this.#isClosed = false;
    const connection = this.#free() ?? this.#open();
    const isUsed = connection.answers > 0;
    try {
      return await this.#sendOver(connection, request);
    } catch (error) {
      if (!isUsed || !mayReconnect || this.#isClosed || error instanceof LateAnswer) throw error;
      return this.#sendOver(this.#open(), request);
    }
  }

  close(): void {
    this.#isClosed = true;
    const connections = [...this.#connections];
    this.#connections.clear();
    for (const connection of connections) connection.close();
  }

  async #sendOver(connection: HttpConnection, request: Request): Promise<TimedAnswer> {
    const answering = connection.send(request).then(
      (answer) => {
        this.#keepOnly(connection);
        return answer;
      },
      (error) => {
        connection.close();
        throw error;
      },
    );
    try {
      const answer = await within(answering, this.#requestMs, () => new LateAnswer(this.#requestMs));
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

  #open(): HttpConnection {
    const connection = new HttpConnection(this.#endpoint, this.#clock, (closed) => {
      if (this.#connections.delete(closed) && closed.answers > 0) this.#onLost(closed);
    });
    this.#openedMs = connection.openedMs;
    this.#connections.add(connection);
    return connection;
  }

  #keepOnly(connection: HttpConnection): void {
    for (const other of this.#connections) if (other !== connection) other.close();
  }
}

import { type Answer, LateAnswer } from './delivery.ts';
import { type Endpoint, HttpConnection, type Request, within } from './http-connection.ts';
import type { Timings } from './timings.ts';

export type ConnectionPairParts = {
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
export class ConnectionPair {
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

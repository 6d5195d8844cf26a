import { type Endpoint, HttpConnection, type Request } from './http-connection.ts';
import { type Answer, LateAnswer } from './outcome.ts';
import { within } from './timeout.ts';
import type { Timings } from './timings.ts';

export type LineParts = {
  readonly endpoint: Endpoint;
  readonly timings: Pick<Timings, 'requestMs'>;
  readonly clock: () => number;
  /** A connection that has worked is gone; not called for one that `close` closed. */
  readonly onLost: (connection: HttpConnection) => void;
};

/** An answer, and how long the connection that brought it has worked. */
export type LineAnswer = Answer & { readonly workedMs: number };

/**
 * The way to one Alertmanager. While the table is full a connection that was given up cannot be had again, so one that has
 * worked before and now owes an answer is kept until another connection has answered: it may be slow and not dead.
 * That makes two connections at most.
 */
export class Line {
  readonly #endpoint: Endpoint;
  readonly #requestMs: number;
  readonly #clock: () => number;
  readonly #onLost: (connection: HttpConnection) => void;
  readonly #connections = new Set<HttpConnection>();
  #openedMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor({ endpoint, timings, clock, onLost }: LineParts) {
    this.#endpoint = endpoint;
    this.#requestMs = timings.requestMs;
    this.#clock = clock;
    this.#onLost = onLost;
  }

  /** There is a connection over which the next request can go. */
  get isReady(): boolean {
    return this.#free() !== undefined;
  }

  /** When the last connection was opened, whatever became of it. */
  get openedMs(): number {
    return this.#openedMs;
  }

  /**
   * Rejects with LateAnswer when the time is over, else with what the system says. A used connection may be closed by the
   * other side in the moment we write to it, so its failure is not the last word, unless the request is not worth another one.
   */
  async send(request: Request, isWorthAnother: boolean): Promise<LineAnswer> {
    this.#isClosed = false;
    const connection = this.#free() ?? this.#open();
    const isUsed = connection.answers > 0;
    try {
      return await this.#sendOver(connection, request);
    } catch (error) {
      if (!isUsed || !isWorthAnother || this.#isClosed || error instanceof LateAnswer) throw error;
      return this.#sendOver(this.#open(), request);
    }
  }

  close(): void {
    this.#isClosed = true;
    const connections = [...this.#connections];
    this.#connections.clear();
    for (const connection of connections) connection.close();
  }

  async #sendOver(connection: HttpConnection, request: Request): Promise<LineAnswer> {
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
      answering.catch(() => undefined); // Nobody waits for a late failure: the wire is closed by then.
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

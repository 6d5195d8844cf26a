import { type Endpoint, type Request, Wire } from './http-connection.ts';
import { type Answer, LateAnswer } from './outcome.ts';
import { within } from './timeout.ts';
import type { Timings } from './timings.ts';

export type LineParts = {
  readonly endpoint: Endpoint;
  readonly timings: Pick<Timings, 'requestMs'>;
  readonly clock: () => number;
  /** A connection that has worked is gone; not called for one that `close` closed. */
  readonly onLost: (wire: Wire) => void;
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
  readonly #onLost: (wire: Wire) => void;
  readonly #wires = new Set<Wire>();
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
    const wire = this.#free() ?? this.#open();
    const isUsed = wire.answers > 0;
    try {
      return await this.#sendOver(wire, request);
    } catch (error) {
      if (!isUsed || !isWorthAnother || this.#isClosed || error instanceof LateAnswer) throw error;
      return this.#sendOver(this.#open(), request);
    }
  }

  close(): void {
    this.#isClosed = true;
    const wires = [...this.#wires];
    this.#wires.clear();
    for (const wire of wires) wire.close();
  }

  async #sendOver(wire: Wire, request: Request): Promise<LineAnswer> {
    const answering = wire.send(request).then(
      (answer) => {
        this.#keepOnly(wire);
        return answer;
      },
      (error) => {
        wire.close();
        throw error;
      },
    );
    try {
      const answer = await within(answering, this.#requestMs, () => new LateAnswer(this.#requestMs));
      return { ...answer, workedMs: wire.workedMs };
    } catch (error) {
      answering.catch(() => undefined); // Nobody waits for a late failure: the wire is closed by then.
      if (wire.answers === 0) wire.close();
      throw error;
    }
  }

  #free(): Wire | undefined {
    return [...this.#wires].find((wire) => !wire.isBusy);
  }

  #open(): Wire {
    const wire = new Wire(this.#endpoint, this.#clock, (closed) => {
      if (this.#wires.delete(closed) && closed.answers > 0) this.#onLost(closed);
    });
    this.#openedMs = wire.openedMs;
    this.#wires.add(wire);
    return wire;
  }

  #keepOnly(wire: Wire): void {
    for (const other of this.#wires) if (other !== wire) other.close();
  }
}

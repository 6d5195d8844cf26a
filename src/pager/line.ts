import { type Answer, LateAnswer } from './outcome.ts';
import { type Endpoint, type Request, Wire } from './wire.ts';
import { within } from './within.ts';

/**
 * The way to one Alertmanager. While the table is full a connection that was given up cannot be had again, so one that has
 * worked before and now owes an answer is kept until another connection has answered: it may be slow and not dead.
 * That makes two connections at most.
 */
export class Line {
  readonly #endpoint: Endpoint;
  readonly #requestMs: number;
  readonly #onLost: (wire: Wire) => void;
  readonly #wires = new Set<Wire>();
  #isClosed = false;

  /** `onLost` is called when a connection that has worked is gone, and not for one that `close` closed. */
  constructor(endpoint: Endpoint, requestMs: number, onLost: (wire: Wire) => void) {
    this.#endpoint = endpoint;
    this.#requestMs = requestMs;
    this.#onLost = onLost;
  }

  /**
   * Rejects with LateAnswer when the time is over, else with what the system says. `isFirst` on a new connection. A used
   * connection may be closed by the other side in the moment we write to it, so its failure is not the last word.
   */
  async send(request: Request): Promise<Answer & { readonly isFirst: boolean }> {
    this.#isClosed = false;
    const wire = this.#free() ?? this.#open();
    const isUsed = wire.answers > 0;
    try {
      return await this.#sendOver(wire, request);
    } catch (error) {
      if (!isUsed || this.#isClosed || error instanceof LateAnswer) throw error;
      return this.#sendOver(this.#open(), request);
    }
  }

  close(): void {
    this.#isClosed = true;
    const wires = [...this.#wires];
    this.#wires.clear();
    for (const wire of wires) wire.close();
  }

  async #sendOver(wire: Wire, request: Request): Promise<Answer & { readonly isFirst: boolean }> {
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
      return { ...answer, isFirst: wire.answers === 1 };
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
    const wire = new Wire(this.#endpoint, (closed) => {
      if (this.#wires.delete(closed) && closed.answers > 0) this.#onLost(closed);
    });
    this.#wires.add(wire);
    return wire;
  }

  #keepOnly(wire: Wire): void {
    for (const other of this.#wires) if (other !== wire) other.close();
  }
}

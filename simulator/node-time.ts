import type { Every } from '../src/agent/sampler.ts';

type Repeated = { readonly intervalMs: number; readonly run: () => void; dueMs: number };

/**
 * The monotonic clock of one node and all that is done by it. It goes where it is told to, and does what falls due on the
 * way, each thing at its time: unlike Node's timers it makes up for what is late.
 */
export class NodeTime {
  readonly #repeated = new Set<Repeated>();
  #nowMs = 0;

  /** Milliseconds. */
  readonly clock = (): number => this.#nowMs;

  readonly every: Every = (intervalMs, run) => {
    const repeated = { intervalMs, run, dueMs: this.#nowMs + intervalMs };
    this.#repeated.add(repeated);
    return () => void this.#repeated.delete(repeated);
  };

  /** What takes time, takes time. */
  spend(ms: number): void {
    this.#nowMs += ms;
  }

  advanceTo(untilMs: number): void {
    for (let next = this.#next(); next !== undefined && next.dueMs <= untilMs; next = this.#next()) {
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.dueMs += next.intervalMs;
      next.run();
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /** Of equals the one that is there for longest. */
  #next(): Repeated | undefined {
    let next: Repeated | undefined;
    for (const repeated of this.#repeated) if (next === undefined || repeated.dueMs < next.dueMs) next = repeated;
    return next;
  }
}

import { tableFullDrops } from '../model/loss-causes.ts';
import type { CounterTotals } from '../model/status.ts';

/** Packets dropped because the table was full, since the first reading. An estimate: CPUs are read one after the other. */
export class TableFullDrops {
  #total: number | undefined;
  #owed = 0;

  /** Adds one step of growth; returns the packets dropped in it, undefined where the kernel does not tell. */
  add(growth: CounterTotals): number | undefined {
    const counted = tableFullDrops(growth);
    if (counted === undefined) return undefined;
    // A failed insertion may be read between its two increments: what one step lacks is taken off the next, and no later one.
    const dropped = Math.max(0, counted - this.#owed);
    this.#owed = Math.max(0, -counted);
    this.#total = (this.#total ?? 0) + dropped;
    return dropped;
  }

  /** Undefined until there was a reading. */
  get total(): number | undefined {
    return this.#total;
  }
}

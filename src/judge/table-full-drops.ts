import type { CounterTotals } from './counter-totals.ts';

/**
 * Packets refused for want of room, since the first reading. The kernel adds them to `drop`, as it does the losers of
 * insertion races; those are in `insert_failed` too, together with insertions refused for a long hash chain
 * (`chainlength`, since 5.15), which are not in `drop`. An estimate: CPUs are read one after the other.
 */
export class TableFullDrops {
  #total: number | undefined;
  #owed = 0;

  /** Adds one step of growth; returns the packets refused in it, undefined where the kernel does not tell. */
  add(growth: CounterTotals): number | undefined {
    const drop = growth.get('drop');
    const insertFailed = growth.get('insert_failed');
    if (drop === undefined || insertFailed === undefined) return undefined;
    const forRoom = drop - Math.max(0, insertFailed - (growth.get('chainlength') ?? 0));
    // A race may be read between its two increments: what one step lacks is taken off the next, and then forgiven.
    const refused = Math.max(0, forRoom - this.#owed);
    this.#owed = Math.max(0, -forRoom);
    this.#total = (this.#total ?? 0) + refused;
    return refused;
  }

  /** Undefined until there was a reading. */
  get total(): number | undefined {
    return this.#total;
  }
}

import type { CpuCounters } from '../../src/judge/counter-totals.ts';
import type { Moment } from './trace.ts';

const WRAP = 2 ** 32;
/** Mean life of an entry: what the demand exceeds the limit by is refused once in that time. */
const LIFE_SECONDS = 60;
/** A full table swings: the garbage collector evicts down to 95 %, then it fills again. */
const SWING_SECONDS = 8;
const EVICTION_MARK = 0.95;

/** A table that behaves at its limit as KERNEL does: it counts, refuses and evicts, and its counters are 32 bits wide. */
export class KernelTable {
  entries = 0;
  limit = 0;
  /** Since the start. */
  lostForRoom = 0;
  lostInRaces = 0;
  readonly #countersFrom: number;
  #owed = 0;
  #fullForSeconds = 0;

  constructor(countersFrom = 0) {
    this.#countersFrom = countersFrom;
  }

  step({ demand, limit, racesPerSecond = 0 }: Moment, seconds: number): void {
    this.limit = limit;
    this.lostInRaces += racesPerSecond * seconds;
    if (demand < limit && this.entries <= limit) {
      this.entries = Math.round(demand);
      this.#fullForSeconds = 0;
      return;
    }
    // Nobody is evicted because the limit was lowered: entries above it die in their own time.
    const stays = this.entries > limit ? this.entries * (1 - seconds / LIFE_SECONDS) : 0;
    this.entries = Math.round(Math.min(demand, Math.max(stays, limit * this.#swing())));
    this.#fullForSeconds += seconds;
    if (this.entries >= limit) this.#refuse(Math.max(10, (demand - limit) / LIFE_SECONDS) * seconds);
  }

  /** Two CPUs; the losses fall on the second. */
  counters(): CpuCounters[] {
    const races = Math.floor(this.lostInRaces);
    const grown = { drop: this.lostForRoom + races, insert_failed: races, chainlength: 0, early_drop: 0, invalid: 0 };
    return [0, 1].map(
      (cpu) => new Map(Object.entries(grown).map(([name, value]) => [name, (this.#countersFrom + cpu * value) % WRAP])),
    );
  }

  #swing(): number {
    const phase = (this.#fullForSeconds % SWING_SECONDS) / SWING_SECONDS;
    return phase < 0.25 ? 1 : EVICTION_MARK + (1 - EVICTION_MARK) * Math.max(0, (phase - 0.25) / 0.75);
  }

  #refuse(packets: number): void {
    this.#owed += packets;
    this.lostForRoom += Math.floor(this.#owed);
    this.#owed -= Math.floor(this.#owed);
  }
}

import type { CounterName, CpuRow } from '../../src/model/reading.ts';
import type { NodeState } from './trace.ts';

const WRAP = 2 ** 32;
/** Mean life of an entry: what the demand exceeds the limit by asks for a new entry once in that time. */
const LIFE_SECONDS = 60;
/** A full table swings: the kernel evicts entries down to 95 %, then it fills again. */
const SWING_SECONDS = 8;
const EVICTION_USAGE = 0.95;

/** A table that behaves at its limit as the kernel's does: it counts, drops and evicts, and its counters are 32 bits wide. */
export class KernelTable {
  entries = 0;
  limit = 0;
  /** Packets since the start, by cause; the invalid ones are only counted, not lost. */
  tableFullDrops = 0;
  raceFailures = 0;
  chainFailures = 0;
  invalidPackets = 0;
  readonly #countersFrom: number;
  #carried = 0;
  #fullForSeconds = 0;

  constructor(countersFrom = 0) {
    this.#countersFrom = countersFrom;
  }

  /** Packets lost to any cause. */
  get lost(): number {
    return this.tableFullDrops + this.raceFailures + this.chainFailures;
  }

  step(state: NodeState, seconds: number): void {
    const { demand, limit, racesPerSecond = 0, chainTooLongPerSecond = 0, invalidPerSecond = 0 } = state;
    this.limit = limit;
    this.raceFailures += racesPerSecond * seconds;
    this.chainFailures += chainTooLongPerSecond * seconds;
    this.invalidPackets += invalidPerSecond * seconds;
    if (demand < limit && this.entries <= limit) {
      this.entries = Math.round(demand);
      this.#fullForSeconds = 0;
      return;
    }
    // Lowering the limit evicts nothing: entries above it end with their timeouts.
    const stays = this.entries > limit ? this.entries * (1 - seconds / LIFE_SECONDS) : 0;
    this.entries = Math.round(Math.min(demand, Math.max(stays, limit * this.#swing())));
    this.#fullForSeconds += seconds;
    if (this.entries >= limit) this.#drop(Math.max(10, (demand - limit) / LIFE_SECONDS) * seconds);
  }

  /** Two CPUs; all is counted on the second. A packet dropped for a long chain is not in `drop`. */
  counters(): CpuRow[] {
    const [races, chains] = [Math.floor(this.raceFailures), Math.floor(this.chainFailures)];
    const grown = {
      drop: this.tableFullDrops + races,
      insert_failed: races + chains,
      chainlength: chains,
      early_drop: 0,
      invalid: Math.floor(this.invalidPackets),
    };
    return [0, 1].map(
      (cpu) =>
        new Map(
          Object.entries(grown).map(([name, value]) => [
            name as CounterName,
            (this.#countersFrom + cpu * value) % WRAP,
          ]),
        ),
    );
  }

  #swing(): number {
    const phase = (this.#fullForSeconds % SWING_SECONDS) / SWING_SECONDS;
    return phase < 0.25 ? 1 : EVICTION_USAGE + (1 - EVICTION_USAGE) * Math.max(0, (phase - 0.25) / 0.75);
  }

  #drop(packets: number): void {
    this.#carried += packets;
    this.tableFullDrops += Math.floor(this.#carried);
    this.#carried -= Math.floor(this.#carried);
  }
}

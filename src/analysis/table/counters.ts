import type { CounterName, CpuRow } from '../../model/reading.ts';
import {
  type CounterTotals,
  INSERT_FAILURE_CAUSES,
  type InsertFailureCause,
  type InsertFailures,
  tableFullDrops,
} from '../../model/status.ts';
import { InsertFailureCauses } from './insert-failure-causes.ts';
import { RecentIncrease } from './windows.ts';

const WRAP = 2 ** 32;
/** More than one CPU can count. A counter that went back and would have needed a higher rate to wrap was reset. */
const MAX_PER_SECOND = 2 ** 24;
/** A CPU that has counted so much since boot may have counted 2^32 before: a wrap takes a counter that is as busy as that. */
const MAY_HAVE_WRAPPED = 2 ** 24;
/** Readings come every second. After a longer gap the module may have been reloaded meanwhile. */
const CONTINUOUS_MS = 5000;

/**
 * What the first reading counts. `as counted`: what the kernel says. `resumed`: the same, for somebody who goes on from the
 * totals of the agent before this one, as Prometheus does, so that what was counted while no agent ran is not lost; but
 * nothing of a counter that may have wrapped. Behind a wrap the total would be lower than that of the agent before, and
 * Prometheus takes a lower total for a counter that began anew at 0 and adds all of it, up to 4 billion a CPU.
 */
export type Start = 'as counted' | 'resumed';

/**
 * Running totals of counters that the kernel keeps in 32 bits per CPU. The first reading counts as it stands (but see
 * `Start`); after it only growth is added, CPU by CPU, since a sum that wraps on one CPU would look like a jump of 4 billion. A CPU that is
 * gone keeps what it has counted.
 *
 * A counter that went back has either wrapped or was reset when its module was reloaded. It counts as wrapped only when the
 * counters were read without a gap (see CONTINUOUS_MS and `interrupt`) and no counter of the reading went back further than
 * a wrap at a possible rate explains. Otherwise, and when a CPU appears later on, a new run starts: the first value adds
 * nothing, later growth does. So a total may be too low after a gap, but is never too high.
 */
export class CounterAccumulator {
  readonly #start: Start;
  readonly #cpus: Map<CounterName, Seen>[] = [];
  readonly #totals = new Map<CounterName, number>();
  #run = 0;

  constructor(start: Start = 'as counted') {
    this.#start = start;
  }

  /** Adds a reading; returns the growth of each column since the one before (0 for the first). */
  add(rows: readonly CpuRow[], atMs: number): CounterTotals {
    if (this.#cpus.length === 0) this.#begin(rows);
    if (this.#hasReset(rows, atMs)) this.interrupt();
    const grown = new Map<CounterName, number>();
    for (const [cpu, row] of rows.entries()) {
      this.#cpus[cpu] ??= new Map();
      const known = this.#cpus[cpu];
      for (const [column, raw] of row) {
        const now = { raw, atMs, run: this.#run };
        const growth = growthOf(known.get(column), now);
        known.set(column, now);
        grown.set(column, (grown.get(column) ?? 0) + growth);
        this.#totals.set(column, (this.#totals.get(column) ?? 0) + growth);
      }
    }
    return grown;
  }

  /** To be called whenever the table or its counters could not be read: the counters may have been reset. */
  interrupt(): void {
    this.#run += 1;
  }

  /** Totals of the columns in `present`: a counter that the kernel no longer has is absent, not constant. */
  totals(present: Iterable<CounterName>): CounterTotals {
    return new Map(Array.from(present, (column) => [column, this.#totals.get(column) ?? 0]));
  }

  #begin(rows: readonly CpuRow[]): void {
    const highest = new Map<CounterName, number>();
    for (const [column, raw] of rows.flatMap((row) => [...row])) {
      highest.set(column, Math.max(raw, highest.get(column) ?? 0));
      this.#totals.set(column, (this.#totals.get(column) ?? 0) + raw);
    }
    if (this.#start === 'as counted') return;
    for (const [column, raw] of highest) if (raw >= MAY_HAVE_WRAPPED) this.#totals.set(column, 0);
  }

  /** Whether any counter went back that cannot have wrapped: all counters of a module are reset together. */
  #hasReset(rows: readonly CpuRow[], atMs: number): boolean {
    for (const [cpu, row] of rows.entries()) {
      for (const [column, raw] of row) {
        const last = this.#cpus[cpu]?.get(column);
        if (last === undefined || raw >= last.raw) continue;
        const now = { raw, atMs, run: this.#run };
        if (isContinuous(last, now) && !fitsWrap(last, now)) return true;
      }
    }
    return false;
  }
}

/** A counter as it was read. Readings between two interruptions belong to one run. */
type Seen = { readonly raw: number; readonly atMs: number; readonly run: number };

function growthOf(last: Seen | undefined, now: Seen): number {
  if (last === undefined) return 0;
  if (now.raw >= last.raw) return now.raw - last.raw;
  return isContinuous(last, now) && fitsWrap(last, now) ? now.raw + WRAP - last.raw : 0;
}

function isContinuous(last: Seen, now: Seen): boolean {
  return last.run === now.run && now.atMs - last.atMs <= CONTINUOUS_MS;
}

function fitsWrap(last: Seen, now: Seen): boolean {
  // Two readings may be close together, and a CPU's counters are not read at the instant of the clock: count a second at least.
  const seconds = Math.max(1, (now.atMs - last.atMs) / 1000);
  return now.raw + WRAP - last.raw <= seconds * MAX_PER_SECOND;
}

/** Packets for which there was no entry, insert failures aside, since the first reading; see `DropCauses`. An estimate, since CPUs are read one after the other. */
export class TableFullDrops {
  readonly #dropHasInsertFailures: boolean;
  #total: number | undefined;
  #carried = 0;

  /** @param dropHasInsertFailures see `tableFullDrops()` */
  constructor(dropHasInsertFailures = true) {
    this.#dropHasInsertFailures = dropHasInsertFailures;
  }

  /** Adds one step of growth; returns the packets dropped in it, undefined where the kernel lacks a counter. */
  add(growth: CounterTotals): number | undefined {
    const counted = tableFullDrops(growth, this.#dropHasInsertFailures);
    if (counted === undefined) return undefined;
    // A failed insertion may be read between its two increments, which makes one step negative: that is taken off the next step only.
    const dropped = Math.max(0, counted - this.#carried);
    this.#carried = Math.max(0, -counted);
    this.#total = (this.#total ?? 0) + dropped;
    return dropped;
  }

  /** Undefined until there was a reading. */
  get total(): number | undefined {
    return this.#total;
  }
}

const FIVE_MINUTES_MS = 5 * 60_000;
const TEN_MINUTES_MS = 10 * 60_000;

/** Growth of the counters over the last minutes, for the alarms on them; undefined where the kernel lacks a counter. */
export class LossRates {
  readonly #failures = new InsertFailureCauses();
  readonly #failuresBy: Readonly<Record<InsertFailureCause, RecentIncrease>> = {
    race: new RecentIncrease(TEN_MINUTES_MS),
    snat_ports: new RecentIncrease(TEN_MINUTES_MS),
    nat_without_ports: new RecentIncrease(TEN_MINUTES_MS),
    unknown: new RecentIncrease(TEN_MINUTES_MS),
  };
  readonly #chainsTooLong = new RecentIncrease(TEN_MINUTES_MS);
  readonly #invalidPackets = new RecentIncrease(FIVE_MINUTES_MS);
  #tooLong = 0;
  #invalid = 0;

  add(growth: CounterTotals, atMs: number): void {
    this.#failures.add(growth, atMs);
    const failed = this.#failures.totals;
    const tooLong = growth.get('chainlength');
    const invalid = growth.get('invalid');
    if (failed !== undefined)
      for (const cause of INSERT_FAILURE_CAUSES) this.#failuresBy[cause].add(failed[cause], atMs);
    if (tooLong !== undefined) {
      this.#tooLong += tooLong;
      this.#chainsTooLong.add(this.#tooLong, atMs);
    }
    if (invalid !== undefined) {
      this.#invalid += invalid;
      this.#invalidPackets.add(this.#invalid, atMs);
    }
  }

  /** Since the first reading. */
  get insertFailures(): InsertFailures | undefined {
    return this.#failures.totals;
  }

  failuresPerSecond(cause: InsertFailureCause): number | undefined {
    return this.#failuresBy[cause].perSecond;
  }

  get chainsTooLong(): number | undefined {
    return this.#chainsTooLong.increase;
  }

  get invalidPacketsPerSecond(): number | undefined {
    return this.#invalidPackets.perSecond;
  }
}

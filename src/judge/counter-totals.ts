/** Counters of one CPU under the kernel's names, raw unsigned 32-bit values. */
export type CpuCounters = ReadonlyMap<string, number>;

/** Sums over the CPUs, 64 bits wide (exact up to 2^53), under the kernel's names. */
export type CounterTotals = ReadonlyMap<string, number>;

const WRAP = 2 ** 32;
/** More than any CPU can pass through connection tracking: a step back that would need more than this is a reset. */
const MAX_PER_SECOND = 2 ** 24;

/**
 * Running totals of counters that the kernel keeps in 32 bits per CPU. The first reading counts as it stands; after it
 * only growth is added, CPU by CPU, since a sum that wraps on one CPU would look like a jump of 4 billion. A CPU seen
 * for the first time later on, or a counter that went back further than a wrap explains (the module was reloaded),
 * starts a new run: its value adds nothing, its growth does. A CPU that is gone keeps what it has counted.
 */
export class CounterAccumulator {
  readonly #cpus: Map<string, { raw: number; atMs: number }>[] = [];
  readonly #totals = new Map<string, number>();

  /** Adds a reading; returns the growth of each column since the one before (0 for the first). */
  add(rows: readonly CpuCounters[], atMs: number): CounterTotals {
    const isFirst = this.#cpus.length === 0;
    const grown = new Map<string, number>();
    for (const [cpu, row] of rows.entries()) {
      this.#cpus[cpu] ??= new Map();
      const known = this.#cpus[cpu];
      for (const [column, raw] of row) {
        const last = known.get(column);
        const growth = last === undefined ? 0 : growthOf(last, { raw, atMs });
        known.set(column, { raw, atMs });
        grown.set(column, (grown.get(column) ?? 0) + growth);
        this.#totals.set(column, (this.#totals.get(column) ?? 0) + (isFirst ? raw : growth));
      }
    }
    return grown;
  }

  /** Totals of the columns in `present`: what the kernel no longer tells is absent, not frozen. */
  totals(present: Iterable<string>): CounterTotals {
    return new Map(Array.from(present, (column) => [column, this.#totals.get(column) ?? 0]));
  }
}

type Raw = { readonly raw: number; readonly atMs: number };

function growthOf(last: Raw, now: Raw): number {
  if (now.raw >= last.raw) return now.raw - last.raw;
  const ifWrapped = now.raw + WRAP - last.raw;
  const seconds = Math.max(1, (now.atMs - last.atMs) / 1000);
  return ifWrapped <= Math.min(WRAP / 2, seconds * MAX_PER_SECOND) ? ifWrapped : 0;
}

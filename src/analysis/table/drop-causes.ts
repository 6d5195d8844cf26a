import { type CounterTotals, type DropsByCause, NO_DROPS } from '../../model/status.ts';
import { TableFullDrops } from './counters.ts';
import { UsualCollisions } from './insert-failure-causes.ts';

/** A full table swings between its limit and 95 % of it, where the kernel stops to evict; in a small table lower, as that is rounded. */
const NEAR_LIMIT_USAGE = 0.9;
/** Entries do not leave faster than their timeouts, so a table that was full is still near its limit for this long, and was this long before. */
const NEAR_MS = 1000;
/** A packet may be counted as `invalid` in one reading and as dropped in the next, or the other way round. */
const WAIT_MS = 2000;

/** Drops of a table with headroom whose cause is not clear yet. */
type Pending = {
  readonly dropped: number;
  readonly invalid: number;
  readonly elapsedMs: number;
  readonly fromMs: number;
  readonly sinceMs: number;
  readonly isShortOfMemory: boolean;
};

/** What one reading adds. */
type Step = { readonly invalid: number; readonly elapsedMs: number };

const NO_STEP: Step = { invalid: 0, elapsedMs: 0 };

/**
 * Tells the drops of a full table from all others that the kernel counts alike, by the usage at that time; and those by the
 * tracker of a protocol by what `invalid` grew by beyond the usual. What is neither is memory where that is short, else unknown.
 */
export class DropCauses {
  readonly #drops: TableFullDrops;
  readonly #usualInvalid = new UsualCollisions();
  #nearAtMs = Number.NEGATIVE_INFINITY;
  #lastMs: number | undefined;
  #quiet = NO_STEP;
  #pending: Pending | undefined;
  #totals: DropsByCause | undefined;

  /** @param dropHasInsertFailures see `tableFullDrops()` */
  constructor(dropHasInsertFailures = true) {
    this.#drops = new TableFullDrops(dropHasInsertFailures);
  }

  /** Entries as a share of the limit, as often as it is known. */
  addUsage(usage: number, atMs: number): void {
    if (usage >= NEAR_LIMIT_USAGE) this.#nearAtMs = atMs;
  }

  /** Those whose cause is clear; undefined where the kernel lacks a counter. */
  get totals(): DropsByCause | undefined {
    return this.#totals;
  }

  /** The same where there is nothing to wait for; to be asked at the end. */
  get settledTotals(): DropsByCause | undefined {
    if (this.#totals === undefined || this.#pending === undefined) return this.#totals;
    return sum(this.#totals, this.#causesOf(this.#pending));
  }

  /** Adds the growth of all counters since the reading before; returns the packets that are now known to be drops of a full table. */
  add(growth: CounterTotals, atMs: number, isShortOfMemory = false): number | undefined {
    const dropped = this.#drops.add(growth);
    const fromMs = this.#lastMs ?? atMs;
    this.#lastMs = atMs;
    if (dropped === undefined) return undefined;
    const step = { invalid: growth.get('invalid') ?? 0, elapsedMs: atMs - fromMs };
    const before = this.#totals ?? NO_DROPS;
    this.#totals = sum(before, this.#settled(atMs));
    if (dropped > 0 && this.#isNearSince(fromMs)) {
      this.#totals = sum(this.#totals, { ...NO_DROPS, table_full: dropped });
      this.#quiet = NO_STEP;
    } else if (dropped > 0 || this.#pending !== undefined) {
      this.#wait({ ...step, dropped, fromMs, sinceMs: atMs, isShortOfMemory });
    } else {
      this.#usualInvalid.add(this.#quiet.invalid, this.#quiet.elapsedMs);
      this.#quiet = step;
    }
    return this.#totals.table_full - before.table_full;
  }

  #isNearSince(fromMs: number): boolean {
    return this.#nearAtMs >= fromMs - NEAR_MS;
  }

  #wait(now: Pending): void {
    const before = this.#pending ?? { ...now, ...this.#quiet, dropped: 0 };
    this.#quiet = NO_STEP;
    this.#pending = {
      ...before,
      dropped: before.dropped + now.dropped,
      invalid: before.invalid + now.invalid,
      elapsedMs: before.elapsedMs + now.elapsedMs,
      isShortOfMemory: before.isShortOfMemory || now.isShortOfMemory,
    };
  }

  /** Drops that have waited: of a full table where the next samples are near the limit, which counters and samples may straddle. */
  #settled(atMs: number): DropsByCause {
    const pending = this.#pending;
    if (pending === undefined) return NO_DROPS;
    const isNear = this.#isNearSince(pending.fromMs) && this.#nearAtMs <= pending.sinceMs + NEAR_MS;
    if (!isNear && atMs - pending.sinceMs < WAIT_MS) return NO_DROPS;
    this.#pending = undefined;
    return isNear ? { ...NO_DROPS, table_full: pending.dropped } : this.#causesOf(pending);
  }

  #causesOf({ dropped, invalid, elapsedMs, isShortOfMemory }: Pending): DropsByCause {
    const { usual, spread } = this.#usualInvalid.over(elapsedMs);
    const beyond = invalid - usual;
    const tracker = beyond > spread ? Math.min(dropped, Math.round(beyond)) : 0;
    return { ...NO_DROPS, tracker, [isShortOfMemory ? 'memory' : 'unknown']: dropped - tracker };
  }
}

function sum(a: DropsByCause, b: DropsByCause): DropsByCause {
  return {
    table_full: a.table_full + b.table_full,
    tracker: a.tracker + b.tracker,
    memory: a.memory + b.memory,
    unknown: a.unknown + b.unknown,
  };
}

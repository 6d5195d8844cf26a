import { type InsertFailureCause, type InsertFailures, NO_INSERT_FAILURES } from '../model/insert-failures.ts';
import type { CounterTotals } from '../model/status.ts';
import { insertFailures } from '../model/table-full-drops.ts';
import { SlidingMax } from './windows.ts';

/**
 * Ports that a failed search has found taken (net/netfilter/nf_nat_core.c, nf_nat_l4proto_unique_tuple): 248 in a range of
 * 128 ports or more, else every port of it. The last 32 tries of a round for a TCP port are not counted (Linux 6.5), which
 * leaves 128 of 248. So as many as this are a failed search in any range of 96 ports or more.
 */
const SURE_TRIES = 64;
const MOST_TRIES = 248;
/** Fewer than this are no search in any range of 48 ports or more. Between the two it is one only if no second had more. */
const LEAST_TRIES = 16;
/** A search for a TCP port is counted as half of one for a UDP port, or as two thirds. */
const SHORT_OF_LONGEST = 0.5;
/** A race has none of its own. This many may be those of other flows of the same moment. */
const RACE_TRIES = 4;
/** Standard deviations. */
const SURE = 3;
const MINUTE_MS = 60_000;
/** How long failures may wait for more of their kind, where few of them do not stand out. */
const WAIT_MS = 2 * MINUTE_MS;
/** How long the agent waits at its start for some time without failures, which tells what is usual. */
const FIRST_WAIT_MS = 10_000;
/** Of time without failures. */
const KNOWN_SECONDS = 2;
const RANGE_MEMORY_MS = 10 * MINUTE_MS;

/** Failures that are not told apart yet. */
type Pending = {
  readonly failed: number;
  readonly found: number;
  readonly elapsedMs: number;
  readonly sinceMs: number;
};

/**
 * Tells insertions that failed in a race from those for which source NAT had no port, by `found`: the ports that NAT has
 * tried meanwhile and found taken. Other flows try ports too, and a busy node finds many taken at any time: what it finds
 * while no insertion fails is taken off. Where that leaves it open, failures are added up until it is clear; after two
 * minutes their cause is unknown.
 */
export class InsertFailureCauses {
  readonly #usual = new UsualCollisions();
  /** Tries for each failure, of the second that had most of them: of two causes it had the fewest races. */
  readonly #longest = new SlidingMax(RANGE_MEMORY_MS);
  #pending: Pending | undefined;
  #firstMs: number | undefined;
  #lastMs: number | undefined;
  #totals: InsertFailures | undefined;

  /** All failures whose cause is clear, or will never be; undefined where the kernel counts none. */
  get totals(): InsertFailures | undefined {
    return this.#totals;
  }

  /** The same where there is nothing to wait for; to be asked at the end. */
  get settledTotals(): InsertFailures | undefined {
    if (this.#totals === undefined || this.#pending === undefined) return this.#totals;
    return sum(this.#totals, this.#lastCauseOf(this.#pending, this.#lastMs!));
  }

  /** Adds the growth of all counters since the reading before. */
  add(growth: CounterTotals, atMs: number): void {
    const settled = this.#settled(growth, atMs);
    if (settled !== undefined) this.#totals = sum(this.#totals ?? NO_INSERT_FAILURES, settled);
  }

  #settled(growth: CounterTotals, atMs: number): InsertFailures | undefined {
    const failed = insertFailures(growth);
    const found = growth.get('found');
    const elapsedMs = this.#lastMs === undefined ? 0 : atMs - this.#lastMs;
    this.#firstMs ??= atMs;
    this.#lastMs = atMs;
    if (failed === undefined) return undefined;
    if (found === undefined) return of('unknown', failed);
    if (failed === 0) this.#usual.add(found, elapsedMs);
    else {
      const now = { failed, found, elapsedMs, sinceMs: atMs };
      this.#longest.add({ atMs, value: this.#leastTries(now) / failed });
      this.#pending = plus(this.#pending, now);
    }
    return this.#pending === undefined ? NO_INSERT_FAILURES : this.#settle(this.#pending, atMs);
  }

  #settle(pending: Pending, atMs: number): InsertFailures {
    const waitedMs = atMs - pending.sinceMs;
    if (!this.#usual.isKnown && atMs - this.#firstMs! < FIRST_WAIT_MS) return NO_INSERT_FAILURES;
    const causes = waitedMs < WAIT_MS ? this.#causeOf(pending, atMs) : this.#lastCauseOf(pending, atMs);
    if (causes !== undefined) this.#pending = undefined;
    return causes ?? NO_INSERT_FAILURES;
  }

  /** Undefined where it is not clear. */
  #causeOf(pending: Pending, atMs: number): InsertFailures | undefined {
    const { failed, found, elapsedMs } = pending;
    const { usual, spread } = this.#usual.over(elapsedMs);
    const tries = (found - usual) / failed;
    if (tries < RACE_TRIES && tries + spread / failed < LEAST_TRIES) return of('race', failed);
    const longest = Math.min(MOST_TRIES, this.#longest.peakAt(atMs) ?? 0); // More are those of searches that ended well.
    if (longest < SURE_TRIES || this.#leastTries(pending) < SURE_TRIES) return undefined;
    const searches = Math.round((found - usual) / Math.max(SURE_TRIES, longest * SHORT_OF_LONGEST));
    const ports = Math.min(failed, searches);
    return { ...NO_INSERT_FAILURES, snat_ports: ports, race: failed - ports };
  }

  /** The same when there is no more time: so many tries for each that no range is smaller are one cause, in a small range. */
  #lastCauseOf(pending: Pending, atMs: number): InsertFailures {
    const isSmallRange = this.#leastTries(pending) >= LEAST_TRIES * pending.failed;
    return this.#causeOf(pending, atMs) ?? of(isSmallRange ? 'snat_ports' : 'unknown', pending.failed);
  }

  /** Ports found taken by what failed, at least: it fails at busy moments, when others may find twice as many as usual. */
  #leastTries({ found, elapsedMs }: Pending): number {
    const { usual, spread } = this.#usual.over(elapsedMs);
    return found - 2 * usual - spread;
  }
}

function of(cause: InsertFailureCause, failed: number): InsertFailures {
  return { ...NO_INSERT_FAILURES, [cause]: failed };
}

function sum(a: InsertFailures, b: InsertFailures): InsertFailures {
  return { race: a.race + b.race, snat_ports: a.snat_ports + b.snat_ports, unknown: a.unknown + b.unknown };
}

function plus(pending: Pending | undefined, more: Pending): Pending {
  if (pending === undefined) return more;
  const { failed, found, elapsedMs, sinceMs } = pending;
  return {
    failed: failed + more.failed,
    found: found + more.found,
    elapsedMs: elapsedMs + more.elapsedMs,
    sinceMs,
  };
}

/** Ports found taken while no insertion fails: mean and variance a second, of the last minute or so without failures. */
export class UsualCollisions {
  #seconds = 0;
  #found = 0;
  #squares = 0;

  add(found: number, elapsedMs: number): void {
    const seconds = elapsedMs / 1000;
    if (seconds <= 0) return;
    const fade = Math.exp(-elapsedMs / MINUTE_MS);
    const surprise = this.#seconds === 0 ? 0 : found - (this.#found / this.#seconds) * seconds;
    this.#seconds = this.#seconds * fade + seconds;
    this.#found = this.#found * fade + found;
    this.#squares = this.#squares * fade + surprise ** 2;
  }

  /** Whether there was time enough without failures. */
  get isKnown(): boolean {
    return this.#seconds >= KNOWN_SECONDS;
  }

  /** 0 where there was no time without failures: then they come so fast that other collisions hardly matter. */
  over(elapsedMs: number): { readonly usual: number; readonly spread: number } {
    if (this.#seconds === 0) return { usual: 0, spread: 0 };
    const seconds = elapsedMs / 1000;
    const perSecond = this.#found / this.#seconds;
    const variance = Math.max(perSecond, this.#squares / this.#seconds);
    return { usual: perSecond * seconds, spread: SURE * Math.sqrt(variance * seconds) };
  }
}

import { type InsertFailureCause, type InsertFailures, NO_INSERT_FAILURES } from '../model/insert-failures.ts';
import { insertFailures } from '../model/loss-causes.ts';
import type { CounterTotals } from '../model/status.ts';
import { SlidingMax } from './windows.ts';

/**
 * Ports that a failed search has found taken (net/netfilter/nf_nat_core.c, nf_nat_l4proto_unique_tuple): 248 in a range of
 * 128 ports or more, else every port of it. The last 32 tries of a round for a TCP port are not counted (Linux 6.5), which
 * leaves 128 of 248. So as many as this are a failed search in any range of 96 ports or more.
 */
const SURE_TRIES = 64;
/** Fewer than this are no search in any range of 48 ports or more. Between the two it is one only if nothing says otherwise. */
const LEAST_TRIES = 16;
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
type Pending = { failed: number; found: number; elapsedMs: number; readonly sinceMs: number };

/**
 * Tells insertions that failed in a race from those for which source NAT had no port, by `found`: the ports that NAT has
 * tried meanwhile and found taken. Other flows try ports too, and a busy node finds many taken at any time: what it finds
 * while no insertion fails is taken off. Where that leaves it open, failures are added up until it is clear; after two
 * minutes their cause is unknown.
 */
export class InsertFailureCauses {
  readonly #usual = new UsualCollisions();
  /** The longest search of the last minutes that is certain: how many tries the range of this node takes, up to SURE_TRIES. */
  readonly #tries = new SlidingMax(RANGE_MEMORY_MS);
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
    return sum(this.#totals, this.#causeOf(this.#pending, this.#lastMs!) ?? of('unknown', this.#pending.failed));
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
    else this.#pending = plus(this.#pending, { failed, found, elapsedMs, sinceMs: atMs });
    return this.#pending === undefined ? NO_INSERT_FAILURES : this.#settle(this.#pending, atMs);
  }

  #settle(pending: Pending, atMs: number): InsertFailures {
    const waitedMs = atMs - pending.sinceMs;
    if (!this.#usual.isKnown && atMs - this.#firstMs! < FIRST_WAIT_MS) return NO_INSERT_FAILURES;
    const causes = this.#causeOf(pending, atMs) ?? (waitedMs < WAIT_MS ? undefined : of('unknown', pending.failed));
    if (causes !== undefined) this.#pending = undefined;
    return causes ?? NO_INSERT_FAILURES;
  }

  /** Undefined where it is not clear. */
  #causeOf({ failed, found, elapsedMs }: Pending, atMs: number): InsertFailures | undefined {
    const { usual, deviation } = this.#usual.over(elapsedMs);
    const spread = SURE * deviation;
    const tries = (found - usual) / failed;
    if (tries < RACE_TRIES && tries + spread / failed < LEAST_TRIES) return of('race', failed);
    // Insertions fail at busy moments, which may find twice as many ports taken as others do.
    const least = (found - 2 * usual - spread) / failed;
    if (least < LEAST_TRIES) return undefined;
    this.#tries.add({ atMs, value: Math.min(SURE_TRIES, least) });
    return split(failed, found - usual, this.#tries.peakAt(atMs)!);
  }
}

/** Of failures of both causes: each search took so many tries, at least. In a range of few ports one cause explains them all. */
function split(failed: number, found: number, tries: number): InsertFailures {
  const isOneCause = tries < SURE_TRIES && found / failed >= tries / 2;
  const searches = isOneCause ? failed : Math.min(failed, Math.round(found / tries));
  return { ...NO_INSERT_FAILURES, snat_ports: searches, race: failed - searches };
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
class UsualCollisions {
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
  over(elapsedMs: number): { readonly usual: number; readonly deviation: number } {
    if (this.#seconds === 0) return { usual: 0, deviation: 0 };
    const seconds = elapsedMs / 1000;
    const perSecond = this.#found / this.#seconds;
    const variance = Math.max(perSecond, this.#squares / this.#seconds);
    return { usual: perSecond * seconds, deviation: Math.sqrt(variance * seconds) };
  }
}

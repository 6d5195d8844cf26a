import {
  type CounterTotals,
  INSERT_FAILURE_CAUSES,
  type InsertFailureCause,
  type InsertFailures,
  insertFailures,
  NO_INSERT_FAILURES,
} from '../../model/status.ts';
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
/** A race has none of its own. Fewer than this for each failure are those of other flows of the same moment. */
const RACE_TRIES = 0.5;
/**
 * NAT that has no port to choose finds the one address taken, and twice where it has translated another flow of the same client
 * (find_appropriate_src()). A rule that names one port or two makes as many tries.
 */
const ONE_TRY = { least: 0.75, most: 2.5 } as const;
/** Fewer failures may be races at moments when other flows found as many ports taken. */
const SURE_FAILURES = 10;
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
  /** Failures in readings in which fewer ports were found taken than insertions failed: these had no try at all. */
  readonly untried: number;
};

/**
 * Tells insertions that failed in a race from those for which NAT had no port, by `found`: the ports that NAT has tried
 * meanwhile and found taken. Other flows try ports too, and a busy node finds many taken at any time: what it finds
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
      const now = { failed, found, elapsedMs, sinceMs: atMs, untried: Math.max(0, failed - found) };
      this.#longest.add({ atMs, value: this.#leastTries(now) / failed });
      // A search stands out in its own second, and not among the races that wait.
      const searches = this.#mayDecide(atMs) ? this.#searches(now, atMs) : undefined;
      if (searches !== undefined && this.#pending !== undefined) return searches;
      this.#pending = plus(this.#pending, now);
    }
    return this.#pending === undefined ? NO_INSERT_FAILURES : this.#settle(this.#pending, atMs);
  }

  #settle(pending: Pending, atMs: number): InsertFailures {
    const waitedMs = atMs - pending.sinceMs;
    if (!this.#mayDecide(atMs)) return NO_INSERT_FAILURES;
    const causes = waitedMs < WAIT_MS ? this.#causeOf(pending, atMs) : this.#lastCauseOf(pending, atMs);
    if (causes !== undefined) this.#pending = undefined;
    return causes ?? NO_INSERT_FAILURES;
  }

  #mayDecide(atMs: number): boolean {
    return this.#usual.isKnown || atMs - this.#firstMs! >= FIRST_WAIT_MS;
  }

  /** Undefined where it is not clear. */
  #causeOf(pending: Pending, atMs: number): InsertFailures | undefined {
    const { failed, untried } = pending;
    const { tries, threeSigma } = this.#triesOf(pending);
    const isRace = tries + threeSigma < RACE_TRIES || (tries < RACE_TRIES && untried >= failed / 2);
    if (isRace) return of('race', failed);
    const isOneTry = tries - threeSigma >= ONE_TRY.least && tries + threeSigma < ONE_TRY.most;
    if (isOneTry && untried === 0 && failed >= SURE_FAILURES) return of('nat_without_ports', failed);
    return this.#searches(pending, atMs);
  }

  /** Ports found taken for each failure, and three standard deviations of it. */
  #triesOf({ failed, found, elapsedMs }: Pending): { readonly tries: number; readonly threeSigma: number } {
    const { usual, spread } = this.#usual.over(elapsedMs);
    return { tries: (found - usual) / failed, threeSigma: spread / failed };
  }

  /** Undefined where it is not clear that source NAT has looked for a port in vain. */
  #searches(pending: Pending, atMs: number): InsertFailures | undefined {
    const { failed, found, elapsedMs } = pending;
    const { usual } = this.#usual.over(elapsedMs);
    const longest = Math.min(MOST_TRIES, this.#longest.peakAt(atMs) ?? 0); // More are those of searches that ended well.
    if (longest < SURE_TRIES || this.#leastTries(pending) < SURE_TRIES) return undefined;
    const searches = Math.round((found - usual) / Math.max(SURE_TRIES, longest * SHORT_OF_LONGEST));
    const ports = Math.min(failed, searches);
    return { ...NO_INSERT_FAILURES, snat_ports: ports, race: failed - ports };
  }

  /**
   * The same when there is no more time. So many tries for each that no range is smaller are one cause, in a small range. Tries
   * within one standard deviation of what other flows find are races, by far the most frequent cause. Others are unknown: a range of
   * a few ports, or several causes together.
   */
  #lastCauseOf(pending: Pending, atMs: number): InsertFailures {
    const { failed } = pending;
    const { tries, threeSigma } = this.#triesOf(pending);
    const isSmallRange = this.#leastTries(pending) >= LEAST_TRIES * failed;
    const mayBeRace = tries <= threeSigma / SURE && tries + threeSigma < LEAST_TRIES;
    return this.#causeOf(pending, atMs) ?? of(isSmallRange ? 'snat_ports' : mayBeRace ? 'race' : 'unknown', failed);
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
  return Object.fromEntries(INSERT_FAILURE_CAUSES.map((cause) => [cause, a[cause] + b[cause]])) as InsertFailures;
}

function plus(pending: Pending | undefined, more: Pending): Pending {
  if (pending === undefined) return more;
  const { failed, found, elapsedMs, sinceMs, untried } = pending;
  return {
    failed: failed + more.failed,
    found: found + more.found,
    elapsedMs: elapsedMs + more.elapsedMs,
    sinceMs,
    untried: untried + more.untried,
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

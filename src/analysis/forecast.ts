import type { Thresholds } from '../model/thresholds.ts';
import { Growth } from './growth.ts';
import { PeakTrend } from './peak-trend.ts';
import { RecentMaximum } from './recent-maximum.ts';

/** What is to be expected of the table, from what its entries did within the hour. */
export type Outlook = {
  readonly growthPerSecond: number | undefined;
  /** Infinity when the table is not filling, 0 when it is full; undefined while there is too little to go by. */
  readonly secondsUntilFull: number | undefined;
  readonly isFillingUp: boolean;
  readonly isSteepRise: boolean;
};

type Sample = { readonly atMs: number; readonly entries: number; readonly limit: number };

/** Without samples for so long, what was seen before says nothing about the present. */
const SILENCE_MS = 15 * 60_000;
/** An agent that has watched for less has no past to compare a rise with: the forecast must stand for as long as below. */
const PAST_MS = 10 * 60_000;
/** A steep rise wakes a person, so it needs a past that holds more than the rise itself. */
const STEEP_PAST_MS = 12 * 60_000;
const STANDING_MS = 5 * 60_000;

export type SteepRise = { readonly takenShare: number; readonly risingMs: number; readonly withinSeconds: number };

/**
 * A rise that few deploys make: it has taken half of the headroom, for longer than a rollout takes, and fills the rest within
 * minutes. bench/alerts/frontier.ts shows what an earlier alarm costs.
 */
export const STEEP: SteepRise = { takenShare: 0.5, risingMs: 3 * 60_000, withinSeconds: 300 };
/** A rise begins where it leaves the recent maximum by this share of the headroom. */
const RISE_BEGINS_SHARE = 0.05;

/** Seconds until the table is full at this growth; Infinity when it is not growing, so an alert on `< 600` stays false. */
export function secondsUntilFull(entries: number, limit: number, growthPerSecond: number): number {
  if (entries >= limit) return 0;
  return growthPerSecond > 0 ? (limit - entries) / growthPerSecond : Number.POSITIVE_INFINITY;
}

/** Forecasts one table by the growth of the last minute, by that of the highest entries of five, and by the last hour. */
export class Forecast {
  readonly #steep: SteepRise;
  readonly #growth = new Growth();
  readonly #peaks = new PeakTrend();
  readonly #recent = new RecentMaximum();
  #beganMs: number | undefined;
  #lastMs = 0;
  #lowMs = 0;
  #withinSinceMs: number | undefined;
  #outlook: Outlook = NOTHING;

  constructor(steep: SteepRise = STEEP) {
    this.#steep = steep;
  }

  /** Samples without both numbers are left out; a limit of 0 means none. */
  add({ atMs, entries, limit }: Sample, thresholds: Thresholds): void {
    if (this.#beganMs === undefined || atMs - this.#lastMs > SILENCE_MS) this.#beganMs = atMs;
    this.#lastMs = atMs;
    const value = { atMs, value: entries };
    this.#growth.add(value);
    this.#peaks.add(value);
    this.#recent.add(value);
    this.#outlook = this.#judge({ atMs, entries, limit }, thresholds);
  }

  /** As of the last sample; growth is gone when samples have ceased. */
  outlookAt(nowMs: number): Outlook {
    const growthPerSecond = this.#growth.perSecondAt(nowMs);
    return growthPerSecond === undefined ? { ...this.#outlook, growthPerSecond } : this.#outlook;
  }

  #judge({ atMs, entries, limit }: Sample, { timeToActMs, newLevelShare, highUsage }: Thresholds): Outlook {
    const growthPerSecond = this.#growth.perSecondAt(atMs);
    if (limit === 0) return { ...NOTHING, growthPerSecond };
    const high = highUsage * limit;
    const taken = this.#recent.takenShare(limit, high);
    const isNewLevel = taken === undefined || taken > newLevelShare;
    const byGrowth = growthSeconds(entries, limit, growthPerSecond);
    const byPeaks = this.#peaks.secondsUntilFull(limit) ?? Number.POSITIVE_INFINITY;
    // The highest entries waver on a busy table, so what they say is taken only where it is near, and new.
    const isByPeaks = byPeaks <= timeToActMs / 1000 && isNewLevel;
    const seconds = isByPeaks ? Math.min(byPeaks, byGrowth ?? byPeaks) : byGrowth;
    return {
      growthPerSecond,
      secondsUntilFull: seconds,
      isFillingUp: this.#isFillingUp(atMs, seconds, isNewLevel, timeToActMs),
      isSteepRise: this.#isSteepRise(atMs, byGrowth, this.#recent.takenShare(limit, high, this.#growth.latest)),
    };
  }

  #isFillingUp(atMs: number, seconds = Number.POSITIVE_INFINITY, isNewLevel: boolean, timeToActMs: number): boolean {
    if (!isNewLevel || seconds > timeToActMs / 1000) {
      this.#withinSinceMs = undefined;
      return false;
    }
    this.#withinSinceMs ??= atMs;
    const hasPast = atMs - this.#beganMs! >= PAST_MS;
    return seconds > 0 && (hasPast || atMs - this.#withinSinceMs >= STANDING_MS);
  }

  #isSteepRise(atMs: number, seconds = Number.POSITIVE_INFINITY, taken: number | undefined): boolean {
    if (taken === undefined || taken <= RISE_BEGINS_SHARE) {
      this.#lowMs = atMs;
      return false;
    }
    const { takenShare, risingMs, withinSeconds } = this.#steep;
    return (
      atMs - this.#beganMs! >= STEEP_PAST_MS &&
      taken >= takenShare &&
      atMs - this.#lowMs >= risingMs &&
      seconds <= withinSeconds &&
      this.#growth.goesOn
    );
  }
}

function growthSeconds(entries: number, limit: number, growthPerSecond: number | undefined): number | undefined {
  if (entries >= limit) return 0;
  return growthPerSecond === undefined ? undefined : secondsUntilFull(entries, limit, growthPerSecond);
}

const NOTHING: Outlook = {
  growthPerSecond: undefined,
  secondsUntilFull: undefined,
  isFillingUp: false,
  isSteepRise: false,
};

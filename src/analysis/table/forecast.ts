import type { Thresholds } from '../../model/alarms/thresholds.ts';
import { Growth, PeakTrend } from './growth.ts';
import type { TimedValue } from './windows.ts';

/** Forecast of one table, from its entries within the last hour. */
export type Outlook = {
  readonly growthPerSecond: number | undefined;
  /** Infinity when the table is not filling, 0 when it is full; undefined while there are too few samples. */
  readonly secondsUntilFull: number | undefined;
  readonly isFillingUp: boolean;
  readonly isSteepRise: boolean;
};

type Sample = { readonly atMs: number; readonly entries: number; readonly limit: number };

/** After so long without samples the ones before it are no longer used. */
const SILENCE_MS = 15 * 60_000;
/** An agent that has run for less has no recent maximum to compare a rise with: the forecast must hold for STANDING_MS. */
const PAST_MS = 10 * 60_000;
/** A steep rise raises a critical alarm, so the agent must have seen more than the rise itself. */
const STEEP_PAST_MS = 12 * 60_000;
const STANDING_MS = 5 * 60_000;

export type SteepRise = { readonly takenShare: number; readonly risingMs: number; readonly withinSeconds: number };

/**
 * A rise unlike that of a rollout: it has used half of the headroom, for longer than a rollout takes, and will fill the rest
 * within minutes. bench/alerts/frontier.ts shows what an earlier alarm costs.
 */
export const STEEP: SteepRise = { takenShare: 0.5, risingMs: 3 * 60_000, withinSeconds: 300 };
/** A rise begins when it exceeds the recent maximum by this share of the headroom. */
const RISE_BEGINS_SHARE = 0.05;

/** Seconds until the table is full at this growth; Infinity when it is not growing, so an alert on `< 600` stays false. */
export function secondsUntilFull(entries: number, limit: number, growthPerSecond: number): number {
  if (entries >= limit) return 0;
  return growthPerSecond > 0 ? (limit - entries) / growthPerSecond : Number.POSITIVE_INFINITY;
}

/** Forecasts one table from the growth of the last minute, the trend of five-minute maxima and the recent maximum. */
export class Forecast {
  readonly #steep: SteepRise;
  readonly #growth = new Growth();
  readonly #peaks = new PeakTrend();
  readonly #recent = new RecentMaximum();
  #beganMs: number | undefined;
  #lastMs = 0;
  #lowMs = 0;
  #withinSinceMs: number | undefined;
  #outlook: Outlook = NO_OUTLOOK;

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

  /** As of the last sample; growth is undefined when there have been none for a while. */
  outlookAt(nowMs: number): Outlook {
    const growthPerSecond = this.#growth.perSecondAt(nowMs);
    return growthPerSecond === undefined ? { ...this.#outlook, growthPerSecond } : this.#outlook;
  }

  #judge({ atMs, entries, limit }: Sample, { timeToActMs, newLevelShare, highUsage }: Thresholds): Outlook {
    const growthPerSecond = this.#growth.perSecondAt(atMs);
    if (limit === 0) return { ...NO_OUTLOOK, growthPerSecond };
    const high = highUsage * limit;
    const taken = this.#recent.takenShare(limit, high);
    const isNewLevel = taken === undefined || taken > newLevelShare;
    const byGrowth = growthSeconds(entries, limit, growthPerSecond);
    const byPeaks = this.#peaks.secondsUntilFull(limit) ?? Number.POSITIVE_INFINITY;
    // The maxima vary on a busy table, so their forecast is used only when it is near and above the recent maximum.
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
      this.#growth.isContinuing
    );
  }
}

function growthSeconds(entries: number, limit: number, growthPerSecond: number | undefined): number | undefined {
  if (entries >= limit) return 0;
  return growthPerSecond === undefined ? undefined : secondsUntilFull(entries, limit, growthPerSecond);
}

const NO_OUTLOOK: Outlook = {
  growthPerSecond: undefined,
  secondsUntilFull: undefined,
  isFillingUp: false,
  isSteepRise: false,
};

const BLOCK_MS = 5_000;
const MEAN_BLOCKS = 6;
const YOUNGEST_MS = 5 * 60_000;
const OLDEST_MS = YOUNGEST_MS + 60 * 60_000;

/**
 * The highest level within the last hour that the table came back from. A rise below it is not forecast, since the table is
 * likely to come back again: long saw-teeth, batch jobs every few minutes. Levels are means of half a minute, so that a burst
 * does not count.
 */
export class RecentMaximum {
  /** Means of the minutes that ended with each block, oldest first. */
  readonly #means: TimedValue[] = [];
  readonly #blocks: number[] = [];
  #sum = 0;
  #count = 0;
  #block: number | undefined;
  #level: number | undefined;

  add({ atMs, value }: TimedValue): void {
    const block = Math.floor(atMs / BLOCK_MS);
    if (this.#block !== undefined && block !== this.#block) this.#close(atMs);
    this.#block = block;
    this.#sum += value;
    this.#count += 1;
  }

  /**
   * Share of the headroom above the recent maximum that is used by `now` (default: the last mean); negative below it. Undefined
   * in the first five minutes, and when the maximum is itself `highEntries` or more, since that was an incident.
   */
  takenShare(limit: number, highEntries: number, now = this.#means.at(-1)?.value): number | undefined {
    const level = this.#level;
    if (now === undefined || level === undefined || level >= highEntries) return undefined;
    return (now - level) / (limit - level);
  }

  #close(atMs: number): void {
    this.#blocks.push(this.#sum / this.#count);
    if (this.#blocks.length > MEAN_BLOCKS) this.#blocks.shift();
    this.#sum = 0;
    this.#count = 0;
    this.#means.push({ atMs, value: this.#blocks.reduce((sum, mean) => sum + mean, 0) / this.#blocks.length });
    while (this.#means[0]!.atMs < atMs - OLDEST_MS) this.#means.shift();
    const old = this.#means.filter((mean) => mean.atMs <= atMs - YOUNGEST_MS).map(({ value }) => value);
    this.#level = old.length === 0 ? undefined : Math.max(...old);
  }
}

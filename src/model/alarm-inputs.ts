/** The numbers that alarms are judged by. A member is undefined where it is not known; alarms on it are then not judged. */
export type AlarmInputs = {
  /** Entries as a share of the limit. */
  readonly usage: number | undefined;
  /** Whether packets were dropped for a full table in the last three seconds. */
  readonly isDropping: boolean;
  /** Share of the last ten minutes above `highUsage`, and of the last five above `nearlyFullUsage`. */
  readonly highTimeShare: number;
  readonly nearlyFullTimeShare: number;
  /** Infinity when the table is not filling. */
  readonly secondsUntilFull: number;
  /** Whether the table will be full within `timeToActMs` and has risen above the recent maximum. */
  readonly isFillingUp: boolean;
  /** Whether the rise has used so much of the headroom, for so long, that it will most likely fill the table. */
  readonly isSteepRise: boolean;
  readonly entriesPerBucket: number | undefined;
  /** Mean of ten minutes. */
  readonly insertFailuresPerSecond: number | undefined;
  /** Insertions that failed because of a long hash chain, within ten minutes. */
  readonly chainsTooLong: number | undefined;
  /** Mean of five minutes. */
  readonly invalidPacketsPerSecond: number | undefined;
  /** Limit, and the highest it was within the hour. */
  readonly limit: number | undefined;
  readonly highestLimit: number | undefined;
  /** Why the table cannot be read; empty when it can. */
  readonly noDataReasons: readonly string[];
  /** Scrapers that reconnect, a few words each. */
  readonly reconnectingScrapers: readonly string[] | undefined;
  /** How long nobody has scraped; 0 before the first scraper. */
  readonly unscrapedMs: number | undefined;
};

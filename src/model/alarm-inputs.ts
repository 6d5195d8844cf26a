/** What alarms look at. A member is undefined where nothing can tell, and then no alarm on it is judged. */
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
  /** Whether that is within `timeToActMs`, at a level which the table has not come back from within the hour. */
  readonly isFillingUp: boolean;
  /** Whether the table has taken so much of its headroom, for so long, that few rises of this kind stop in time. */
  readonly isSteepRise: boolean;
  readonly entriesPerBucket: number | undefined;
  /** Mean of ten minutes. */
  readonly insertFailuresPerSecond: number | undefined;
  /** Insertions refused for a long chain within ten minutes. */
  readonly chainsTooLong: number | undefined;
  /** Mean of five minutes. */
  readonly invalidPacketsPerSecond: number | undefined;
  /** Limit, and the highest it was within the hour. */
  readonly limit: number | undefined;
  readonly highestLimit: number | undefined;
  /** Why the table is not seen; empty when it is. */
  readonly noDataReasons: readonly string[];
};

import type { AlarmInputs } from '../../src/model/alarm-inputs.ts';

/** What alarms look at on a node where nothing is wrong. */
export const HEALTHY: AlarmInputs = {
  usage: 0.5,
  isDropping: false,
  highTimeShare: 0,
  nearlyFullTimeShare: 0,
  secondsUntilFull: Number.POSITIVE_INFINITY,
  isFillingUp: false,
  isSteepRise: false,
  entriesPerBucket: 0.5,
  insertFailuresPerSecond: 0,
  chainsTooLong: 0,
  invalidPacketsPerSecond: 0,
  limit: 1000,
  highestLimit: 1000,
  noDataReasons: [],
  reconnectingScrapers: [],
  unscrapedMs: 0,
};

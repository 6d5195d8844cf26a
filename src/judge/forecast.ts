/** Seconds until the table is full at this growth; Infinity when it is not growing, so an alert on `< 600` stays false. */
export function secondsUntilFull(entries: number, limit: number, growthPerSecond: number): number {
  if (entries >= limit) return 0;
  return growthPerSecond > 0 ? (limit - entries) / growthPerSecond : Number.POSITIVE_INFINITY;
}

/** Pieces of history as the agent sends them. */
import { HISTORY } from '../serving.ts';

/** Second 0 of the agent's clock, in seconds since the epoch. */
export const T0 = Date.parse('2026-11-22T14:00:00.000Z') / 1000;

export const piece = (endSecond: number, entries: (number | null)[]) => ({
  ...HISTORY,
  at: new Date((T0 + endSecond) * 1000).toISOString(),
  endSecond,
  entries,
  peak: entries,
  limit: entries.map(() => 100),
  dropped: entries.map(() => 0),
});

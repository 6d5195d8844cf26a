/** Numbers where the page may have none: what is not known is a dash, never 0. */
import { count, span } from '../../model/numbers.ts';

export const UNKNOWN = '–';

export function countOr(value: number | undefined): string {
  return value === undefined ? UNKNOWN : count(value);
}

/** What completes "the last": "minute", "hour" (some seconds of it may not be known), "12 min 34 s". */
export function lastly(seconds: number): string {
  return seconds === 60 ? 'minute' : seconds > 3540 ? 'hour' : span(seconds);
}

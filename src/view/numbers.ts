/** Numbers as the page writes them. What is not known is a dash, never 0. */
import { count } from '../judge/words.ts';

export const UNKNOWN = '–';

export function countOr(value: number | undefined): string {
  return value === undefined ? UNKNOWN : count(value);
}

/** 0.8199 as "81.9 %": rounded down, for 99.97 % is not full. */
export function tenths(share: number): string {
  return `${(Math.floor(share * 1000 + 1e-9) / 10).toFixed(1)} %`;
}

/** With its sign; one decimal below ten, so that a slow leak does not read as none. */
export function perSecond(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 10 ? count(size) : size.toFixed(1);
  if (Number(size.toFixed(1)) === 0) return '0';
  return `${value < 0 ? '−' : '+'}${digits}`;
}

/** 754 as "12 min 34 s". */
export function span(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** What completes "the last": "minute", "hour" (some seconds of it may not be known), "12 min 34 s". */
export function lastly(seconds: number): string {
  return seconds === 60 ? 'minute' : seconds > 3540 ? 'hour' : span(seconds);
}

/** A short time: "20 µs", "1.2 ms". */
export function brief(seconds: number): string {
  return seconds < 0.001 ? `${Math.round(seconds * 1e6)} µs` : `${(seconds * 1000).toFixed(1)} ms`;
}

import { describe, expect, it } from 'vitest';
import { bytes, count, duration, percent, roughly } from '../../src/judge/words.ts';

describe('count()', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [262_144.4, '262,144'],
    [4_294_967_326, '4,294,967,326'],
  ])('writes %d as %s', (value, text) => expect(count(value)).toBe(text));
});

describe('percent()', () => {
  it.each([
    [0, '0 %'],
    [0.004, 'less than 1 %'],
    [0.637, '64 %'],
    [0.999, '99 %'], // A table that is not full must not be called so.
    [1, '100 %'],
    [1.07, '107 %'],
  ])('writes %d as %s', (share, text) => expect(percent(share)).toBe(text));
});

describe('bytes()', () => {
  it.each([
    [1024, '1.0 KiB'],
    [88_080_384, '84 MiB'],
    [4_121_948_160, '3.8 GiB'],
    [2 ** 60, '1048576 TiB'],
  ])('writes %d as %s', (value, text) => expect(bytes(value)).toBe(text));
});

describe('duration()', () => {
  it.each([
    [1, '1 second'],
    [90, '90 seconds'],
    [120, '2 minutes'],
    [3600, '1 hour'],
    [7440, '2.1 hours'],
    [86_400, '1 day'],
    [432_000, '5 days'],
    [86_400 * 1000, '1,000 days'],
  ])('writes %d as %s', (seconds, text) => expect(duration(seconds)).toBe(text));
});

describe('roughly()', () => {
  it.each([
    [0.2, '1 s'],
    [119, '119 s'],
    [843, '14 min'],
    [18_000, '5 h'],
    [400_000, '5 days'],
  ])('writes %d as %s', (seconds, text) => expect(roughly(seconds)).toBe(text));
});

import { describe, expect, it } from 'vitest';
import {
  brief,
  bytes,
  count,
  duration,
  percent,
  rate,
  roughly,
  signedRate,
  span,
} from '../../../src/model/text/numbers.ts';

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
    [0.0004, 'less than 0.1 %'],
    [0.004, '0.4 %'],
    [0.637, '63.7 %'],
    [0.8199, '81.9 %'],
    [0.29, '29 %'], // 0.29 * 1000 is 289.99999999999994.
    [0.82, '82 %'],
    [0.9999, '99.9 %'], // A table that is not full must not be called so.
    [1, '100 %'],
    [1.07, '107 %'],
  ])('writes %d as %s', (share, text) => expect(percent(share)).toBe(text));
});

describe('rate()', () => {
  it.each([
    [0, '0.00'],
    [0.001, 'less than 0.01'],
    [0.2, '0.20'],
    [3.14, '3.1'],
    [4100.4, '4,100'],
  ])('writes %d as %s', (perSecond, text) => expect(rate(perSecond)).toBe(text));
});

describe('signedRate()', () => {
  it.each([
    [0, '0'],
    [0.04, '0'],
    [-0.04, '0'],
    [0.25, '+0.3'],
    [-1234, '−1,234'],
    [1240, '+1,240'],
  ])('writes %d as %s', (perSecond, text) => expect(signedRate(perSecond)).toBe(text));
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

describe('span()', () => {
  it.each([
    [0, '0 s'],
    [59.4, '59 s'],
    [59.6, '1 min'],
    [754, '12 min 34 s'],
    [7500, '2 h 5 min'],
    [172_800, '2 days'],
  ])('writes %d as %s', (seconds, text) => expect(span(seconds)).toBe(text));
});

describe('brief()', () => {
  it.each([
    [0.000_02, '20 µs'],
    [0.0123, '12.3 ms'],
  ])('writes %d as %s', (seconds, text) => expect(brief(seconds)).toBe(text));
});

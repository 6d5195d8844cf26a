import { describe, expect, it } from 'vitest';
import { secondsUntilFull } from '../../src/judge/forecast.ts';
import { tableBytes } from '../../src/judge/sizing.ts';

describe('secondsUntilFull()', () => {
  it.each([
    ['divides the room left by the growth', 500, 1000, 50, 10],
    ['is infinite when the table does not grow', 500, 1000, 0, Number.POSITIVE_INFINITY],
    ['is infinite when the table shrinks', 500, 1000, -5, Number.POSITIVE_INFINITY],
    ['is 0 when the table is full', 1000, 1000, -5, 0],
    ['is 0 above the limit', 1200, 1000, 5, 0],
  ])('%s', (_, entries, limit, growth, seconds) => {
    expect(secondsUntilFull(entries, limit, growth)).toBe(seconds);
  });
});

describe('tableBytes()', () => {
  it('is some 85 MB for a default table of 262144 entries in as many buckets', () => {
    expect(tableBytes(262_144, 262_144)).toBe(262_144 * 328);
  });
});

import { describe, expect, it } from 'vitest';
import { PeakTrend } from '../../../src/analysis/table/growth.ts';

const LIMIT = 1000;
const MINUTE = 60;

/** Seconds until full after so many minutes, fed once a second but where `entriesAt` is undefined. */
function secondsAfter(minutes: number, entriesAt: (second: number) => number | undefined): number | undefined {
  const trend = new PeakTrend();
  for (let second = 0; second <= minutes * MINUTE; second += 1) {
    const value = entriesAt(second);
    if (value !== undefined) trend.add({ atMs: second * 1000, value });
  }
  return trend.secondsUntilFull(LIMIT);
}

/** A ramp of half an entry a second under saw-teeth of two minutes. */
const rising = (t: number) => 100 + t / 2 + 200 * ((t % 120) / 120);

describe('PeakTrend', () => {
  it('sees a rise under saw-teeth', () => {
    // The peaks are at 300 and half an entry a second: 700 to go take 1400 s, of which 20 min have passed.
    expect(secondsAfter(20, rising)).toBeGreaterThan(100);
    expect(secondsAfter(20, rising)).toBeLessThan(400);
  });

  it.each<[string, { minutes: number; entriesAt: (second: number) => number | undefined }]>([
    ['until three windows of five minutes are known', { minutes: 12, entriesAt: rising }],
    ['for a table that stays as it is', { minutes: 20, entriesAt: () => 500 }],
    ['for a step', { minutes: 20, entriesAt: (t) => (t < 18 * MINUTE ? 300 : 700) }],
    ['for a burst', { minutes: 20, entriesAt: (t) => (t > 1100 && t < 1110 ? 900 : 300) }],
    ['for saw-teeth of five minutes that do not rise', { minutes: 40, entriesAt: (t) => 300 + (t % 300) }],
    ['for a table that empties', { minutes: 20, entriesAt: (t) => 900 - t / 4 }],
    [
      'when most of a window was not seen',
      { minutes: 20, entriesAt: (t) => (t > 7 * MINUTE && t < 14 * MINUTE ? undefined : rising(t)) },
    ],
    [
      'after a silence longer than it remembers',
      { minutes: 60, entriesAt: (t) => (t > 18 * MINUTE && t < 59 * MINUTE ? undefined : rising(t)) },
    ],
  ])('is undefined %s', (_, { minutes, entriesAt }) => {
    expect(secondsAfter(minutes, entriesAt)).toBeUndefined();
  });

  it('is 0 when the highest entries have reached the limit and rise still', () => {
    expect(secondsAfter(25, (t) => t)).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { forecastOf, spanOf } from '../../../src/web/browser/chart-data.ts';

describe('forecastOf()', () => {
  const table = { peakWindowSeconds: 60, isDropping: false, limit: 1000 };

  it.each([
    ['as far as the table has room', { entries: 900, growthPerSecond: 1 }, { time: 100, value: 1000 }],
    ['a quarter of an hour ahead at most', { entries: 0, growthPerSecond: 0.5 }, { time: 900, value: 450 }],
    ['level where nothing grows', { entries: 500, growthPerSecond: 0 }, { time: 900, value: 500 }],
    ['no lower than empty', { entries: 50, growthPerSecond: -1 }, { time: 50, value: 0 }],
    ['not at all above the limit', { entries: 1200, growthPerSecond: 1 }, { time: 0, value: 1200 }],
  ])('is a straight line %s', (_, given, end) => {
    expect(forecastOf({ ...table, ...given }, 0)).toEqual([{ time: 0, value: given.entries }, end]);
  });

  it('is nothing while the growth is not known', () => {
    expect(forecastOf({ ...table, entries: 5 }, 0)).toBeUndefined();
  });
});

describe('spanOf()', () => {
  it('shows as much of the past as there is, in steps, and a quarter of it ahead', () => {
    const times = (length: number) => Array.from({ length }, (_, i) => i + 1);
    expect(spanOf(times(10))).toEqual([10 - 300, 10 + 75]);
    expect(spanOf(times(3600))).toEqual([0, 4500]);
  });
});

import { describe, expect, it } from 'vitest';
import { forecastOf, spanOf } from '../../src/page/forecast.ts';
import { readoutOf } from '../../src/page/readout.ts';
import { Seconds } from '../../src/page/seconds.ts';
import { HISTORY } from '../http/serving.ts';

const T0 = Date.parse('2026-11-22T14:00:00.000Z') / 1000;

const piece = (endSecond: number, entries: (number | null)[]) => ({
  ...HISTORY,
  at: new Date((T0 + endSecond) * 1000).toISOString(),
  endSecond,
  entries,
  peak: entries,
  limit: entries.map(() => 100),
  refused: entries.map(() => 0),
});

describe('Seconds', () => {
  it('lays newer seconds over older ones, and leaves a gap where none were told', () => {
    const seconds = new Seconds();
    seconds.begin(piece(2, [10, 11, 12]));
    seconds.merge(piece(3, [99, 13]));
    expect(seconds.column('entries')).toEqual([10, 11, 99, 13]);
    seconds.merge(piece(6, [16]));
    expect(seconds.column('entries')).toEqual([10, 11, 99, 13, null, null, 16]);
    expect(seconds.times).toEqual([0, 1, 2, 3, 4, 5, 6].map((second) => T0 + second));
  });

  it('holds an hour and no more', () => {
    const seconds = new Seconds();
    seconds.begin(
      piece(
        3599,
        Array.from({ length: 3600 }, (_, i) => i),
      ),
    );
    for (let second = 3600; second < 3700; second += 1) seconds.merge(piece(second, [second]));
    expect([seconds.times.length, seconds.column('entries')[0], seconds.times.at(-1)]).toEqual([3600, 100, T0 + 3699]);
  });

  it('forgets the agent before when another begins', () => {
    const seconds = new Seconds();
    seconds.begin(piece(5000, [1, 2, 3]));
    seconds.begin(piece(1, [7, 8]));
    expect([seconds.column('entries'), seconds.times]).toEqual([
      [7, 8],
      [T0, T0 + 1],
    ]);
  });
});

describe('forecastOf()', () => {
  const table = { peakWindowSeconds: 60, isRefusing: false, limit: 1000 };

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

describe('readoutOf()', () => {
  it('names a second, what it held, or that nothing is known of it', () => {
    const seconds = new Seconds();
    seconds.begin({ ...piece(2, [10, null, 12]), refused: [0, 0, 7] });
    expect([undefined, 0, 1, 2].map((index) => readoutOf(seconds, index))).toEqual([
      'one number a second',
      '14:00:00 UTC: 10 entries, peak 10',
      '14:00:01 UTC: not known',
      '14:00:02 UTC: 12 entries, peak 12, 7 packets refused',
    ]);
  });
});

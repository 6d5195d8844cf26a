import { describe, expect, it } from 'vitest';
import { Forecast, type Outlook, secondsUntilFull } from '../../../src/analysis/table/forecast.ts';
import { DEFAULT_THRESHOLDS } from '../../../src/model/alarms/thresholds.ts';

const LIMIT = 60_000;
const MINUTE = 60;

type Level = (second: number) => number | undefined;

/** Fed once a second but where the level is undefined; the outlook after each second. */
function outlooksOf(minutes: number, level: Level, thresholds = DEFAULT_THRESHOLDS, limit = LIMIT): Outlook[] {
  const forecast = new Forecast();
  return Array.from({ length: minutes * MINUTE }, (_, second) => {
    const entries = level(second);
    if (entries !== undefined) forecast.add({ atMs: second * 1000, entries: Math.round(entries), limit }, thresholds);
    return forecast.outlookAt(second * 1000);
  });
}

/** Minute in which it is first said; undefined when never. */
function firstMinute(outlooks: readonly Outlook[], isSaid: (outlook: Outlook) => boolean): number | undefined {
  const second = outlooks.findIndex(isSaid);
  return second < 0 ? undefined : second / MINUTE;
}

const isFillingUp = (outlook: Outlook) => outlook.isFillingUp;
const isSteepRise = (outlook: Outlook) => outlook.isSteepRise;

/** Stays at the first level, then rises to the second within so many minutes, and stays there. */
const rise = (from: number, to: number, fromMinute: number, minutes: number) => (t: number) =>
  from + (to - from) * Math.min(1, Math.max(0, (t - fromMinute * MINUTE) / (minutes * MINUTE)));
const teeth = (low: number, high: number, minutes: number) => (t: number) =>
  low + (high - low) * ((t % (minutes * MINUTE)) / (minutes * MINUTE));

describe('secondsUntilFull()', () => {
  it.each([
    ['divides the headroom by the growth', { entries: 500, limit: 1000, growth: 50, seconds: 10 }],
    [
      'is infinite when the table does not grow',
      { entries: 500, limit: 1000, growth: 0, seconds: Number.POSITIVE_INFINITY },
    ],
    [
      'is infinite when the table shrinks',
      { entries: 500, limit: 1000, growth: -5, seconds: Number.POSITIVE_INFINITY },
    ],
    ['is 0 when the table is full', { entries: 1000, limit: 1000, growth: -5, seconds: 0 }],
    ['is 0 above the limit', { entries: 1200, limit: 1000, growth: 5, seconds: 0 }],
  ])('%s', (_, { entries, limit, growth, seconds }) => {
    expect(secondsUntilFull(entries, limit, growth)).toBe(seconds);
  });
});

describe('Forecast: filling up', () => {
  it.each<[string, { minutes: number; level: Level; earliest: number; latest: number }]>([
    [
      'is said five minutes after it is within reach, by an agent with no past',
      { minutes: 12, level: rise(10_000, 58_000, 0, 12), earliest: 4.5, latest: 6.5 },
    ],
    [
      'is said at once by an agent with a past',
      { minutes: 80, level: rise(20_000, 60_000, 60, 20), earliest: 65, latest: 68 },
    ],
    [
      'is said of a rise under saw-teeth, by their highest entries',
      { minutes: 90, level: (t) => rise(10_000, 50_000, 60, 30)(t) + teeth(0, 8000, 2)(t), earliest: 61, latest: 85 },
    ],
  ])('%s', (_, { minutes, level, earliest, latest }) => {
    const minute = firstMinute(outlooksOf(minutes, level), isFillingUp);
    expect(minute).toBeGreaterThanOrEqual(earliest);
    expect(minute).toBeLessThanOrEqual(latest);
  });

  it.each<[string, { minutes: number; level: Level }]>([
    ['of a table that stays as it is', { minutes: 30, level: () => 50_000 }],
    ['of a rise that has hours to go', { minutes: 60, level: (t) => 10_000 + t }],
    ['of a table that is full', { minutes: 30, level: () => LIMIT }],
    ['of a rise that stops below a tenth of the headroom', { minutes: 90, level: rise(20_000, 23_500, 60, 1) }],
    ['of a burst', { minutes: 30, level: (t) => (t > 1200 && t < 1210 ? 55_000 : 20_000) }],
  ])('is not said %s', (_, { minutes, level }) => {
    expect(firstMinute(outlooksOf(minutes, level), isFillingUp)).toBeUndefined();
  });

  it('is not said of saw-teeth that the table has come back from', () => {
    expect(firstMinute(outlooksOf(40, teeth(10_000, 50_000, 5)).slice(15 * MINUTE), isFillingUp)).toBeUndefined();
  });

  it('is said as early as the operator wants', () => {
    const thresholds = { ...DEFAULT_THRESHOLDS, timeToActMs: 5 * 60_000 };
    const level = rise(20_000, 60_000, 60, 20);
    expect(firstMinute(outlooksOf(80, level, thresholds), isFillingUp)).toBeGreaterThan(74);
  });
});

describe('Forecast: a steep rise', () => {
  it('is said of a flood before the table is high, once it has lasted longer than a rollout', () => {
    const outlooks = outlooksOf(40, rise(12_000, 60_000, 30, 6));
    const minute = firstMinute(outlooks, isSteepRise)!;
    expect(minute).toBeGreaterThan(33);
    expect(minute).toBeLessThan(30 + 6 * 0.9);
  });

  it.each<[string, { minutes: number; level: Level }]>([
    ['of an agent with no past', { minutes: 8, level: rise(12_000, 60_000, 1, 6) }],
    [
      'of a deploy that doubles the table within two minutes and ends',
      { minutes: 60, level: rise(20_000, 42_000, 30, 2) },
    ],
    ['of a rise that ends with more than five minutes to go', { minutes: 70, level: rise(12_000, 50_000, 30, 30) }],
    [
      'of a table that came back from this level within the hour',
      { minutes: 60, level: (t) => (t < 600 ? 50_000 : rise(12_000, 50_000, 30, 6)(t)) },
    ],
  ])('is not said %s', (_, { minutes, level }) => {
    expect(firstMinute(outlooksOf(minutes, level), isSteepRise)).toBeUndefined();
  });
});

describe('Forecast', () => {
  it('knows nothing of a table without a limit but its growth', () => {
    const last = outlooksOf(5, (t) => 100 + t, DEFAULT_THRESHOLDS, 0).at(-1)!;
    expect(last).toMatchObject({ secondsUntilFull: undefined, isFillingUp: false, isSteepRise: false });
    expect(last.growthPerSecond).toBeCloseTo(1, 1);
  });

  it('knows no growth once samples have ceased', () => {
    expect(outlooksOf(10, (t) => (t < 300 ? 100 + t : undefined)).at(-1)!.growthPerSecond).toBeUndefined();
  });

  it('is 0 seconds away while the table is full', () => {
    expect(outlooksOf(5, () => LIMIT + 5).at(-1)!.secondsUntilFull).toBe(0);
  });
});

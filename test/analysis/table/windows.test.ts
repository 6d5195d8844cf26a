import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentIncrease, SlidingMax, TimeShare } from '../../../src/analysis/table/windows.ts';

const MINUTE_MS = 60_000;

/** After one total a second, over a window of five minutes. */
function afterSeconds(seconds: number, totalAt: (second: number) => number | undefined): RecentIncrease {
  const recent = new RecentIncrease(5 * MINUTE_MS);
  for (let second = 0; second <= seconds; second += 1) {
    const total = totalAt(second);
    if (total !== undefined) recent.add(total, second * 1000);
  }
  return recent;
}

describe('RecentIncrease', () => {
  it('is undefined before the first total, and 0 after it, whatever it is', () => {
    expect(new RecentIncrease(1000).increase).toBeUndefined();
    expect(new RecentIncrease(1000).perSecond).toBeUndefined();
    expect(afterSeconds(0, () => 5000).increase).toBe(0);
  });

  type Given = { seconds: number; totalAt: (second: number) => number | undefined; least: number; most: number };

  it.each<[string, Given]>([
    ['counts what was added while it watched', { seconds: 60, totalAt: (t) => t, least: 60, most: 60 }],
    [
      'forgets what is older than the window, give or take a quarter of a minute',
      { seconds: 3600, totalAt: (t) => t, least: 300, most: 315 },
    ],
    [
      'is 0 once a burst is older than the window',
      { seconds: 500, totalAt: (t) => Math.min(t, 100) * 7, least: 0, most: 0 },
    ],
    ['keeps a burst for as long as the window', { seconds: 390, totalAt: (t) => (t < 100 ? 0 : 8), least: 8, most: 8 }],
    [
      'goes on from where it was after a gap',
      { seconds: 400, totalAt: (t) => (t > 200 && t < 390 ? undefined : t), least: 300, most: 315 },
    ],
  ])('%s', (_, { seconds, totalAt, least, most }) => {
    const { increase } = afterSeconds(seconds, totalAt);
    expect(increase).toBeGreaterThanOrEqual(least);
    expect(increase).toBeLessThanOrEqual(most);
  });

  it('takes the mean over the whole window, so that a few losses after the start are no high rate', () => {
    expect(afterSeconds(10, (t) => t).perSecond).toBeCloseTo(10 / 300, 9);
  });
});

/** Share of ten seconds after one sample a second; undefined where there was none. */
function shareOf(seconds: readonly (boolean | undefined)[]): number {
  const share = new TimeShare(10);
  for (const [second, isAbove] of seconds.entries()) if (isAbove !== undefined) share.add(isAbove, second * 1000);
  return share.share;
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe('TimeShare', () => {
  it.each<[string, (boolean | undefined)[], number]>([
    ['is 0 before anything was seen', [], 0],
    ['leaves out the second that has not ended', [true], 0],
    ['counts what was not seen yet as not above', [true, true, true, false], 0.3],
    ['is 1 after a whole window', times(11, true), 1],
    ['forgets what is older than the window', [...times(5, true), ...times(10, false)], 0.1],
    ['has forgotten all of it after a window', [...times(5, true), ...times(11, false)], 0],
    ['counts seconds without a sample as not above', [true, true, undefined, undefined, true, false], 0.3],
    ['has nothing left after a long silence', [...times(11, true), ...times(40, undefined), false, false], 0],
  ])('%s', (_, seconds, share) => {
    expect(shareOf(seconds)).toBeCloseTo(share, 9);
  });

  it('counts a part of a second as that part', () => {
    const share = new TimeShare(10);
    for (const [isAbove, atMs] of [
      [true, 0],
      [false, 250],
      [false, 500],
      [false, 750],
      [false, 1000],
    ] as const)
      share.add(isAbove, atMs);
    expect(share.share).toBeCloseTo(0.025, 9);
  });

  it('is what counting all seconds of the window gives, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(true, false, undefined), { minLength: 1, maxLength: 60 }), (seconds) => {
        const last = seconds.findLastIndex((one) => one !== undefined);
        const window = last < 0 ? [] : seconds.slice(Math.max(0, last - 10), last);
        expect(shareOf(seconds)).toBeCloseTo(window.filter((one) => one === true).length / 10, 9);
      }),
    );
  });
});

describe('SlidingMax', () => {
  it('knows no peak before the first sample', () => {
    expect(new SlidingMax(60_000).peakAt(0)).toBeUndefined();
  });

  it('keeps a burst for the whole window and not a moment longer', () => {
    const peak = new SlidingMax(60_000);
    peak.add({ atMs: 0, value: 9000 });
    peak.add({ atMs: 100, value: 10 });
    expect(peak.peakAt(59_999)).toBe(9000);
    expect(peak.peakAt(60_000)).toBe(10);
    expect(peak.peakAt(60_100)).toBeUndefined();
  });

  it('is not spent by being asked: two scrapers see the same peak', () => {
    const peak = new SlidingMax(60_000);
    peak.add({ atMs: 0, value: 7 });
    expect([peak.peakAt(1000), peak.peakAt(1000)]).toEqual([7, 7]);
  });

  it('equals the maximum of the samples in the window, whatever their order', () => {
    const steps = fc.array(fc.record({ waitMs: fc.integer({ min: 1, max: 400 }), value: fc.nat(50) }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(steps, (script) => {
        const peak = new SlidingMax(1000);
        const seen: { atMs: number; value: number }[] = [];
        let atMs = 0;
        for (const { waitMs, value } of script) {
          atMs += waitMs;
          seen.push({ atMs, value });
          peak.add({ atMs, value });
          const expected = Math.max(
            ...seen.filter((sample) => sample.atMs > atMs - 1000).map((sample) => sample.value),
          );
          expect(peak.peakAt(atMs)).toBe(expected);
        }
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { RecentIncrease } from '../../src/analysis/windows.ts';

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

  it.each<[string, number, (second: number) => number | undefined, number, number]>([
    ['counts what was added while it watched', 60, (t) => t, 60, 60],
    ['forgets what is older than the window, give or take a quarter of a minute', 3600, (t) => t, 300, 315],
    ['is 0 once a burst is older than the window', 500, (t) => Math.min(t, 100) * 7, 0, 0],
    ['keeps a burst for as long as the window', 390, (t) => (t < 100 ? 0 : 8), 8, 8],
    ['goes on from where it was after a gap', 400, (t) => (t > 200 && t < 390 ? undefined : t), 300, 315],
  ])('%s', (_, seconds, totalAt, least, most) => {
    const { increase } = afterSeconds(seconds, totalAt);
    expect(increase).toBeGreaterThanOrEqual(least);
    expect(increase).toBeLessThanOrEqual(most);
  });

  it('takes the mean over the whole window, so that a few losses after the start are no high rate', () => {
    expect(afterSeconds(10, (t) => t).perSecond).toBeCloseTo(10 / 300, 9);
  });
});

import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../../simulator/random.ts';
import { crowdInterval, shareInterval } from '../../../src/analysis/flows/confidence-interval.ts';

/** How many of `marked` flows are among the first `read` of a shuffled table: hypergeometric, drawn one by one. */
function drawn(
  random: () => number,
  { read, population, marked }: { read: number; population: number; marked: number },
) {
  let left = marked;
  for (let i = 0; i < read; i += 1) if (random() * (population - i) < left) left -= 1;
  return marked - left;
}

function coverage(read: number, population: number, marked: number, runs = 2000): number {
  const random = randomFrom(read + population + marked);
  const truth = marked / population;
  let covered = 0;
  for (let run = 0; run < runs; run += 1) {
    const count = drawn(random, { read, population, marked });
    const { low, high } = shareInterval({ count, missed: 0 }, { read, population });
    if (low <= truth && truth <= high) covered += 1;
  }
  return covered / runs;
}

describe('shareInterval()', () => {
  it.each([
    [500, 5000, 1500],
    [500, 5000, 50],
    [500, 5000, 4990],
    [500, 5000, 1],
    [500, 600, 60],
    [2000, 100_000, 25_000],
    [2000, 100_000, 1500],
    [2000, 100_000, 100],
    [2000, 2100, 700],
  ])(
    'holds the true share in 95 %% of samples of %i out of %i flows of which %i are meant',
    (read, population, marked) => {
      expect(coverage(read, population, marked)).toBeGreaterThanOrEqual(0.95);
    },
  );

  it('is within a percent of 30 % of 20,000 flows', () => {
    const { low, high } = shareInterval({ count: 6000, missed: 0 }, { read: 20_000, population: 1_000_000 });
    expect(low).toBeGreaterThan(0.292);
    expect(high).toBeLessThan(0.308);
  });

  it('is the narrower, the fewer flows are unread', () => {
    const width = (population: number) => {
      const { low, high } = shareInterval({ count: 6000, missed: 0 }, { read: 20_000, population });
      return high - low;
    };
    expect(width(21_000)).toBeLessThan(width(40_000) / 2);
    expect(width(40_000)).toBeLessThan(width(Number.POSITIVE_INFINITY));
  });

  it('is a point when every flow was read, and what a ranking missed when it missed some', () => {
    const sample = { read: 1000, population: 1000 };
    expect(shareInterval({ count: 300, missed: 0 }, sample)).toEqual({ low: 0.3, high: 0.3 });
    expect(shareInterval({ count: 300, missed: 20 }, sample)).toEqual({ low: 0.3, high: 0.32 });
  });

  it('says nothing of a table of which nothing was read, and zero of an empty one', () => {
    expect(shareInterval({ count: 0, missed: 0 }, { read: 0, population: 9 })).toEqual({ low: 0, high: 1 });
    expect(shareInterval({ count: 0, missed: 0 }, { read: 0, population: 0 })).toEqual({ low: 0, high: 0 });
  });

  it.each([0, 1, 29, 30, 500, 970, 971, 999, 1000])(
    'stays within 0 and 1 and around the share for %i of 1000',
    (count) => {
      const { low, high } = shareInterval({ count, missed: 0 }, { read: 1000, population: 50_000 });
      expect(0 <= low && low <= count / 1000 && count / 1000 <= high && high <= 1).toBe(true);
    },
  );
});

describe('crowdInterval()', () => {
  it('holds for the luckiest of a crowd of equals', () => {
    const random = randomFrom(11);
    const [read, keys] = [2000, 500];
    let covered = 0;
    for (let run = 0; run < 300; run += 1) {
      const counts = new Uint32Array(keys);
      for (let i = 0; i < read; i += 1) counts[Math.floor(random() * keys)]! += 1;
      const sample = { read, population: Number.POSITIVE_INFINITY };
      const { low, high } = crowdInterval({ count: Math.max(...counts), missed: 0 }, sample, keys);
      if (low <= 1 / keys && 1 / keys <= high) covered += 1;
    }
    expect(covered).toBeGreaterThanOrEqual(285);
  });

  it('gives one flow of 20,000 in a crowd of as many next to no lower end', () => {
    const sample = { read: 20_000, population: 1_000_000 };
    expect(crowdInterval({ count: 1, missed: 0 }, sample, 20_000).low).toBeLessThan(1 / 1_000_000);
  });
});

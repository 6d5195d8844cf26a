import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeavyHitters, MAX_CAPACITY } from '../../../src/analysis/flows/heavy-hitters.ts';

function counted(keys: readonly number[], capacity: number, seed = 1): HeavyHitters {
  const hitters = new HeavyHitters({ capacity, seed });
  for (const key of keys) hitters.add(0, 0, 0, key, 2);
  return hitters;
}

function countsOf(hitters: HeavyHitters): Map<number, number> {
  return new Map(hitters.top(MAX_CAPACITY).map(({ key, count }) => [key[3], count]));
}

function trueCounts(keys: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

describe('HeavyHitters', () => {
  it('counts exactly while there is room for every key', () => {
    const keys = Array.from({ length: 5000 }, (_, i) => (i * i) % 1999);
    const hitters = counted(keys, 4096);
    expect(countsOf(hitters)).toEqual(trueCounts(keys));
    expect(hitters.missed).toBe(0);
    expect(hitters.total).toBe(5000);
  });

  it('keeps keys apart that differ in one word only, and gives their words without a sign', () => {
    const hitters = new HeavyHitters({ capacity: 10, seed: 3 });
    const keys = [0, 1, 2, 3, 4].map((word) => [0, 0, 0, 0, 0].map((_, i) => (i === word ? 0xffffffff : 0)));
    for (const [a, b, c, d, e] of keys) hitters.add(a! | 0, b!, c! | 0, d!, e! | 0);
    expect(hitters.top(10).map(({ key }) => key)).toEqual(keys);
  });

  it('lists the highest first, and of equals at the end those that came first', () => {
    const top = counted([5, 6, 7, 8, 8, 7, 8, 9], 10).top(3);
    expect(top.map(({ key, count }) => [key[3], count])).toEqual([
      [8, 3],
      [7, 2],
      [5, 1],
    ]);
    expect(counted([], 10).top(3)).toEqual([]);
  });

  it('holds count <= truth <= count + missed for every key, and missed <= total / (capacity + 1)', () => {
    const streams = fc.array(fc.oneof(fc.nat(3), fc.nat(12), fc.nat(300)), { maxLength: 600 });
    fc.assert(
      fc.property(streams, fc.integer({ min: 1, max: 12 }), fc.nat(), (keys, capacity, seed) => {
        const hitters = counted(keys, capacity, seed);
        const counts = countsOf(hitters);
        expect(counts.size).toBeLessThanOrEqual(capacity);
        expect(hitters.missed).toBeLessThanOrEqual(keys.length / (capacity + 1));
        for (const [key, truth] of trueCounts(keys)) {
          const count = counts.get(key) ?? 0;
          expect(count <= truth && truth <= count + hitters.missed).toBe(true);
        }
      }),
      { numRuns: 1000, seed: 7 },
    );
  });

  it('counts a key that is added several times at once as one that is added again and again', () => {
    const pairs = fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 9 })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(pairs, fc.integer({ min: 1, max: 20 }), (added, capacity) => {
        const [atOnce, oneByOne] = [new HeavyHitters({ capacity, seed: 1 }), new HeavyHitters({ capacity, seed: 1 })];
        for (const [key, times] of added) {
          atOnce.add(0, 0, 0, key, 2, times);
          for (let i = 0; i < times; i += 1) oneByOne.add(0, 0, 0, key, 2);
        }
        expect([countsOf(atOnce), atOnce.missed, atOnce.total]).toEqual([
          countsOf(oneByOne),
          oneByOne.missed,
          oneByOne.total,
        ]);
      }),
    );
  });

  it('finds a key that has a hundredth of a million among keys that are all different', () => {
    const hitters = new HeavyHitters({ capacity: 1024, seed: 9 });
    for (let i = 0; i < 1_000_000; i += 1) hitters.add(0, 0, 0, i % 100 === 0 ? 42 : 1000 + i, 2);
    const [first] = hitters.top(1);
    expect(first?.key[3]).toBe(42);
    expect(first!.count + hitters.missed).toBeGreaterThanOrEqual(10_000);
    expect(hitters.size).toBeLessThanOrEqual(1024);
  });

  it.each([0, MAX_CAPACITY + 1, Number.NaN])('refuses a capacity of %d', (capacity) => {
    expect(() => new HeavyHitters({ capacity, seed: 1 })).toThrow(RangeError);
  });
});

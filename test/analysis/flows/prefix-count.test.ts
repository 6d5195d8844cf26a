import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeavyHitters, MAX_CAPACITY } from '../../../src/analysis/flows/heavy-hitters.ts';
import { PrefixCount } from '../../../src/analysis/flows/ranking.ts';

/** The last octets of 10.0.x.y, as both counters are given them. */
function counted(hosts: readonly number[], capacity: number) {
  const sources = new HeavyHitters({ capacity, seed: 1 });
  const prefixes = new PrefixCount(sources, { capacity, seed: 2 });
  for (const host of hosts) {
    const address = (10 << 24) | host;
    sources.add(0, 0, 0, address, 2);
    prefixes.add(0, 0, address, 2);
  }
  const hitters = prefixes.end();
  const counts = new Map(hitters.top(MAX_CAPACITY).map(({ key, count }) => [(key[3] >>> 8) & 0xffff, count]));
  return { counts, missed: hitters.missed, total: hitters.total };
}

function trueCounts(hosts: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const host of hosts) counts.set(host >>> 8, (counts.get(host >>> 8) ?? 0) + 1);
  return counts;
}

/** Hosts of 16 subnets. */
const HOSTS = fc.array(fc.integer({ min: 0, max: 16 * 256 - 1 }), { maxLength: 400 });

describe('PrefixCount', () => {
  it('counts every prefix exactly while there is room for every source', () => {
    fc.assert(
      fc.property(HOSTS, (hosts) => {
        expect(counted(hosts, 401)).toEqual({ counts: trueCounts(hosts), missed: 0, total: hosts.length });
      }),
    );
  });

  it('counts every prefix exactly although there are more sources than room, while there is room for the prefixes', () => {
    fc.assert(
      fc.property(HOSTS, fc.integer({ min: 16, max: 60 }), (hosts, capacity) => {
        expect(counted(hosts, capacity)).toEqual({ counts: trueCounts(hosts), missed: 0, total: hosts.length });
      }),
    );
  });

  it('is never off by more than it says', () => {
    fc.assert(
      fc.property(HOSTS, fc.integer({ min: 1, max: 15 }), (hosts, capacity) => {
        const { counts, missed, total } = counted(hosts, capacity);
        expect(missed).toBeLessThanOrEqual(total / (capacity + 1));
        for (const [prefix, truth] of trueCounts(hosts)) {
          const count = counts.get(prefix) ?? 0;
          expect(count <= truth && truth <= count + missed).toBe(true);
        }
      }),
    );
  });

  it('keeps the /64 of IPv6 apart from the /24 of IPv4', () => {
    const sources = new HeavyHitters({ capacity: 8, seed: 1 });
    const prefixes = new PrefixCount(sources, { capacity: 8, seed: 2 });
    for (const [a, b, c, d, family] of [
      [0xfd000000, 1, 7, 9, 10],
      [0xfd000000, 1, 8, 9, 10],
      [0, 0, 0, 9, 2],
    ] as const) {
      sources.add(a, b, c, d, family);
      prefixes.add(a, b, d, family);
    }
    expect(prefixes.end().top(3)).toEqual([
      { key: [0xfd000000, 1, 0, 0, 10], count: 2 },
      { key: [0, 0, 0, 0, 2], count: 1 },
    ]);
  });

  it('forgets everything when it is cleared', () => {
    const sources = new HeavyHitters({ capacity: 2, seed: 1 });
    const prefixes = new PrefixCount(sources, { capacity: 2, seed: 2 });
    for (const round of [1, 2]) {
      sources.clear();
      prefixes.clear();
      for (let i = 0; i < 3 * round; i += 1) {
        sources.add(0, 0, 0, round << 8, 2);
        prefixes.add(0, 0, round << 8, 2);
      }
    }
    expect(prefixes.end().top(2)).toEqual([{ key: [0, 0, 0, 512, 2], count: 6 }]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CounterAccumulator } from '../../src/judge/counter-totals.ts';

const row = (drop: number) => new Map([['drop', drop]]);
const WRAP = 2 ** 32;

/** Total of `drop` after each reading, one a second. */
function totalsOf(readings: readonly (readonly number[])[]): (number | undefined)[] {
  const accumulator = new CounterAccumulator();
  return readings.map((cpus, second) => {
    accumulator.add(cpus.map(row), second * 1000);
    return accumulator.totals(['drop']).get('drop');
  });
}

describe('CounterAccumulator', () => {
  it.each([
    ['starts from what the kernel has counted', [[5, 10]], [15]],
    [
      'adds growth, CPU by CPU',
      [
        [5, 10],
        [6, 12],
      ],
      [15, 18],
    ],
    [
      'goes on across the wrap of one CPU',
      [
        [WRAP - 10, 7],
        [5, 8],
      ],
      [WRAP - 3, WRAP + 13],
    ],
    [
      'goes on across the wrap of every CPU at once',
      [
        [WRAP - 1, WRAP - 1],
        [0, 0],
      ],
      [2 * WRAP - 2, 2 * WRAP],
    ],
    [
      'adds nothing for a reset',
      [
        [50_000, 7],
        [0, 0],
        [3, 0],
      ],
      [50_007, 50_007, 50_010],
    ],
    ['takes a step back from high up for a reset, not a wrap', [[3_000_000_000], [5], [6]], [3e9, 3e9, 3e9 + 1]],
    ['counts a CPU that appears from its first reading on', [[5], [5, 1_000_000], [5, 1_000_003]], [5, 5, 8]],
    ['keeps what a CPU counted that is gone', [[5, 10], [6], [7]], [15, 16, 17]],
    ['goes on when a CPU comes back', [[5, 10], [5], [5, 14]], [15, 15, 19]],
    ['adds nothing when a CPU comes back from 0', [[5, 10], [5], [5, 2], [5, 3]], [15, 15, 15, 16]],
  ])('%s', (_, readings, totals) => {
    expect(totalsOf(readings)).toEqual(totals);
  });

  it('believes in a wrap the more, the longer it has not looked', () => {
    const accumulator = new CounterAccumulator();
    accumulator.add([row(3_000_000_000)], 0);
    accumulator.add([row(5)], 3_600_000);
    expect(accumulator.totals(['drop']).get('drop')).toBe(WRAP + 5);
  });

  it('leaves out a column that the kernel no longer tells, and goes on with it later', () => {
    const accumulator = new CounterAccumulator();
    accumulator.add(
      [
        new Map([
          ['drop', 1],
          ['expect_create', 4],
        ]),
      ],
      0,
    );
    accumulator.add([row(2)], 1000);
    expect([...accumulator.totals(['drop'])]).toEqual([['drop', 2]]);
    accumulator.add(
      [
        new Map([
          ['drop', 2],
          ['expect_create', 6],
        ]),
      ],
      2000,
    );
    expect(accumulator.totals(['expect_create']).get('expect_create')).toBe(6);
  });

  it('never steps back and never adds 4 billion, whatever the kernel does', () => {
    const cpus = fc.array(fc.integer({ min: 0, max: WRAP - 1 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(cpus, { minLength: 2, maxLength: 20 }), (readings) => {
        const totals = totalsOf(readings) as number[];
        for (const [i, total] of totals.slice(1).entries()) {
          expect(total).toBeGreaterThanOrEqual(totals[i]!);
          expect(total - totals[i]!).toBeLessThan(4 * WRAP);
        }
      }),
    );
  });

  it('adds up exactly what a kernel with 32-bit counters counted', () => {
    const steps = fc.array(fc.tuple(fc.nat(2 ** 23), fc.nat(2 ** 23)), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(fc.nat(WRAP - 1), fc.nat(WRAP - 1), steps, (a, b, script) => {
        const accumulator = new CounterAccumulator();
        const real = [a, b];
        accumulator.add([row(a), row(b)], 0);
        for (const [second, growth] of script.entries()) {
          for (const cpu of [0, 1]) real[cpu]! += growth[cpu]!;
          accumulator.add(
            real.map((count) => row(count % WRAP)),
            (second + 1) * 1000,
          );
        }
        expect(accumulator.totals(['drop']).get('drop')).toBe(real[0]! + real[1]!);
      }),
    );
  });
});

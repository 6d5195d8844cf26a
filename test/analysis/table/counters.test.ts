import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CounterAccumulator, LossRates, TableFullDrops } from '../../../src/analysis/table/counters.ts';
import { type CounterValues, counterRow } from '../../counter-row.ts';

const row = (drop: number) => counterRow({ drop });
const WRAP = 2 ** 32;

/** Total of `drop` after each reading, one a second. */
function totalsOf(readings: readonly (readonly number[])[]): (number | undefined)[] {
  const accumulator = new CounterAccumulator();
  return readings.map((cpus, second) => {
    accumulator.add(cpus.map(row), second * 1000);
    return accumulator.totals(['drop']).get('drop');
  });
}

/** What Prometheus makes of a counter: a lower value has begun anew at 0, so all of it counts (promql, `increase`). */
function increaseOf(totals: readonly number[]): number {
  return totals.slice(1).reduce((sum, total, i) => sum + (total < totals[i]! ? total : total - totals[i]!), 0);
}

describe('totals that an agent exports, over a restart of it', () => {
  /** Totals of `drop` while the first agent runs, then while the next one does. */
  function totalsOver(...agents: readonly (readonly number[])[][]): number[] {
    return agents.flatMap((readings) => {
      const accumulator = new CounterAccumulator('resumed');
      return readings.map((cpus, second) => {
        accumulator.add(cpus.map(row), second * 1000);
        return accumulator.totals(['drop']).get('drop')!;
      });
    });
  }

  it.each<[string, { before: number[][]; after: number[][]; increase: number }]>([
    ['go on, so what was counted while no agent ran counts', { before: [[5, 10]], after: [[8, 11]], increase: 4 }],
    [
      'add nothing that was counted before, behind a wrap',
      {
        before: [
          [WRAP - 10, 4e9],
          [5, 4e9],
        ],
        after: [
          [5, 4e9],
          [7, 4e9],
        ],
        increase: 17,
      },
    ],
    [
      'lose what was counted while no agent ran where a wrap is possible',
      { before: [[2 ** 24]], after: [[2 ** 24 + 5], [2 ** 24 + 6]], increase: 1 },
    ],
  ])('%s', (_, { before, after, increase }) => {
    expect(increaseOf(totalsOver(before, after))).toBe(increase);
  });

  it('never add more than was counted and 2^24 for each CPU, wherever the wraps and restarts are', () => {
    const cpus = fc.array(fc.nat(WRAP - 1), { minLength: 2, maxLength: 2 });
    const steps = fc.array(fc.array(fc.array(fc.nat(2 ** 24), { minLength: 2, maxLength: 2 }), { maxLength: 5 }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(cpus, steps, (start, agents) => {
        let raw = start;
        let counted = 0;
        const readings = agents.map((growths) => [
          raw,
          ...growths.map((growth) => {
            counted += growth[0]! + growth[1]!;
            raw = raw.map((count, cpu) => (count + growth[cpu]!) % WRAP);
            return raw;
          }),
        ]);
        expect(increaseOf(totalsOver(...readings))).toBeLessThanOrEqual(counted + agents.length * 2 * 2 ** 24);
      }),
      { numRuns: 1000 },
    );
  });
});

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

  type Step = { readonly atMs: number; readonly cpus?: readonly Record<string, number>[] };

  it.each<[sentence: string, steps: Step[], grown: number]>([
    ['a wrap between two readings', [at(0, WRAP - 10), at(1000, 5)], 15],
    ['a wrap between a reading and a scrape right after it', [at(0, WRAP - 10), at(3, 5)], 15],
    ['a wrap of a CPU at its busiest', [at(0, WRAP - 2 ** 24), at(1000, 0)], 2 ** 24],
    ['a wrap while readings are late', [at(0, WRAP - 2 ** 26), at(4900, 5)], 2 ** 26 + 5],
    ['no wrap that takes more than a CPU can count', [at(0, WRAP - 2 ** 25), at(1000, 5)], 0],
    ['no wrap where nobody looked for long: the module was reloaded', [at(0, 3.1e9), at(77_000, 5)], 0],
    ['no wrap where nobody looked for a while, however near', [at(0, WRAP - 10), at(6000, 5)], 0],
    ['no wrap where the counters were away', [at(0, WRAP - 10), { atMs: 1000 }, at(2000, 5)], 0],
    [
      'no wrap where another counter of the same reading can only have begun anew',
      [
        { atMs: 0, cpus: [{ drop: WRAP - 10, insert: 7 }, { insert: 2e9 }] },
        { atMs: 1000, cpus: [{ drop: 5, insert: 8 }, { insert: 3 }] },
      ],
      0,
    ],
    [
      'a wrap beside a CPU that comes back from 0',
      [
        { atMs: 0, cpus: [{ drop: WRAP - 10 }, { drop: 2e9 }] },
        { atMs: 4000, cpus: [{ drop: WRAP - 8 }] },
        { atMs: 8000, cpus: [{ drop: 1 }, { drop: 3 }] },
      ],
      11,
    ],
    ['growth after a reset', [at(0, WRAP - 10), { atMs: 1000 }, at(2000, 5), at(3000, 9)], 4],
  ])('counts %s', (_, steps, grown) => {
    expect(grownOver(steps)).toBe(grown);
  });

  function at(atMs: number, drop: number): Step {
    return { atMs, cpus: [{ drop }] };
  }

  /** Growth of `drop` from the first step to the last; a step without CPUs found no counters. */
  function grownOver(steps: readonly Step[]): number {
    const accumulator = new CounterAccumulator();
    const grown = steps.map(({ atMs, cpus }) => {
      if (cpus === undefined) accumulator.interrupt();
      else return accumulator.add(cpus.map(counterRow), atMs).get('drop') ?? 0;
      return 0;
    });
    return grown.reduce((sum, one) => sum + one);
  }

  it('leaves out a column that the kernel no longer tells, and goes on with it later', () => {
    const accumulator = new CounterAccumulator();
    accumulator.add([counterRow({ drop: 1, invalid: 4 })], 0);
    accumulator.add([row(2)], 1000);
    expect([...accumulator.totals(['drop'])]).toEqual([['drop', 2]]);
    accumulator.add([counterRow({ drop: 2, invalid: 6 })], 2000);
    expect(accumulator.totals(['invalid']).get('invalid')).toBe(6);
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

  /** What a kernel counts between two readings, and how the second comes about. */
  const event = fc.record({
    kind: fc.constantFrom('read', 'read', 'read', 'away', 'reload while away', 'reload while nobody looked'),
    seconds: fc.double({ min: 0.001, max: 5, noNaN: true }),
    // In parts of what a CPU can count in that time.
    growth: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 2 }),
  });

  it('never adds more than was counted, in whatever order resets, gaps and wraps come', () => {
    const start = fc.array(fc.integer({ min: 0, max: WRAP - 1 }), { minLength: 2, maxLength: 2 });
    const nearWrap = start.map((cpus) => cpus.map((count) => WRAP - 1 - (count % 2 ** 25)));
    fc.assert(
      fc.property(fc.oneof(start, nearWrap), fc.array(event, { maxLength: 30 }), (begun, events) => {
        const accumulator = new CounterAccumulator();
        let raw = begun;
        let [atMs, counted, grown] = [0, 0, 0];
        accumulator.add(raw.map(row), atMs);
        for (const { kind, seconds, growth } of events) {
          const isUnwatched = kind === 'reload while nobody looked';
          const elapsed = isUnwatched ? 5 + seconds : seconds;
          atMs += elapsed * 1000;
          if (kind.startsWith('reload')) raw = raw.map(() => 0);
          const steps = growth.map((part) => Math.floor(part * elapsed * 2 ** 24));
          counted += steps[0]! + steps[1]!;
          raw = raw.map((count, cpu) => (count + steps[cpu]!) % WRAP);
          if (kind !== 'read' && !isUnwatched) accumulator.interrupt();
          grown += accumulator.add(raw.map(row), atMs).get('drop')!;
        }
        expect(grown).toBeLessThanOrEqual(counted);
        if (events.every(({ kind }) => kind === 'read')) expect(grown).toBe(counted);
      }),
      { numRuns: 2000 },
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

/** After the same growth each second; the first reading is where it begins to count. */
function ratesAfter(seconds: number, growth: CounterValues): LossRates {
  const rates = new LossRates();
  for (let second = 0; second <= seconds; second += 1) rates.add(counterRow(growth), second * 1000);
  return rates;
}

const all = (rates: LossRates) => [rates.failuresPerSecond('race'), rates.chainsTooLong, rates.invalidPacketsPerSecond];

describe('LossRates', () => {
  it('are undefined where the kernel does not count', () => {
    expect(all(new LossRates())).toEqual([undefined, undefined, undefined]);
    expect(all(ratesAfter(10, {}))).toEqual([undefined, undefined, undefined]);
    expect(all(ratesAfter(10, { insert_failed: 0, found: 0 }))).toEqual([0, undefined, undefined]);
  });

  it('are means of ten and of five minutes', () => {
    const rates = ratesAfter(1200, { insert_failed: 1, found: 0, chainlength: 0, invalid: 90 });
    expect(rates.failuresPerSecond('race')).toBeCloseTo(1, 1);
    expect(ratesAfter(1200, { insert_failed: 1, found: 248 }).failuresPerSecond('snat_ports')).toBeCloseTo(1, 1);
    expect(ratesAfter(1200, { insert_failed: 1 }).failuresPerSecond('unknown')).toBeCloseTo(1, 1);
    expect(rates.invalidPacketsPerSecond! / 90).toBeCloseTo(1, 0);
    expect(rates.chainsTooLong).toBe(0);
  });

  it('takes insertions that failed for a long chain for those, and for no insert failures', () => {
    const rates = ratesAfter(100, { insert_failed: 3, found: 0, chainlength: 3 });
    expect([rates.failuresPerSecond('race'), rates.chainsTooLong]).toEqual([0, 300]);
  });

  it('end after what they count has ended', () => {
    const rates = ratesAfter(60, { insert_failed: 5, found: 0, chainlength: 1, invalid: 1000 });
    for (let second = 61; second <= 720; second += 1)
      rates.add(
        new Map([
          ['insert_failed', 0],
          ['found', 0],
          ['chainlength', 0],
          ['invalid', 0],
        ]),
        second * 1000,
      );
    expect(all(rates)).toEqual([0, 0, 0]);
  });
});

type Step = { drop?: number; insert_failed?: number; chainlength?: number };

function totalAfter(steps: readonly Step[]): number | undefined {
  const drops = new TableFullDrops();
  for (const step of steps) drops.add(counterRow(step));
  return drops.total;
}

describe('TableFullDrops', () => {
  it.each<[string, Step[], number | undefined]>([
    ['is absent where the kernel does not tell', [{ drop: 5 }], undefined],
    ['is 0 when nothing was lost', [{ drop: 0, insert_failed: 0 }], 0],
    ['counts what a full table dropped', [{ drop: 7, insert_failed: 0 }], 7],
    ['leaves out insert failures', [{ drop: 7, insert_failed: 4 }], 3],
    [
      'leaves out long hash chains, which the kernel does not add to drop',
      [{ drop: 5, insert_failed: 9, chainlength: 6 }],
      2,
    ],
    ['is never negative', [{ drop: 0, insert_failed: 9 }], 0],
    [
      'is not fooled by an insert failure read between its two increments',
      [
        { drop: 0, insert_failed: 1 },
        { drop: 1, insert_failed: 0 },
      ],
      0,
    ],
    [
      'does not take old failures off later drops',
      [
        { drop: 0, insert_failed: 500 },
        { drop: 0, insert_failed: 0 },
        { drop: 9, insert_failed: 0 },
      ],
      9,
    ],
  ])('%s', (_, steps, total) => {
    expect(totalAfter(steps)).toBe(total);
  });

  it('takes nothing off on kernels whose insert failures are not in drop', () => {
    const drops = new TableFullDrops(false);
    drops.add(counterRow({ drop: 7, insert_failed: 4 }));
    drops.add(counterRow({ drop: 2, insert_failed: 50 }));
    expect(drops.total).toBe(9);
  });
});

import { describe, expect, it } from 'vitest';
import { LossRates } from '../../src/analysis/counters.ts';
import { type CounterValues, counterRow } from '../counter-row.ts';

/** After the same growth each second; the first reading is where it begins to count. */
function ratesAfter(seconds: number, growth: CounterValues): LossRates {
  const rates = new LossRates();
  for (let second = 0; second <= seconds; second += 1) rates.add(counterRow(growth), second * 1000);
  return rates;
}

const all = ({ insertFailuresPerSecond, chainsTooLong, invalidPacketsPerSecond }: LossRates) => [
  insertFailuresPerSecond,
  chainsTooLong,
  invalidPacketsPerSecond,
];

describe('LossRates', () => {
  it('are undefined where the kernel does not count', () => {
    expect(all(new LossRates())).toEqual([undefined, undefined, undefined]);
    expect(all(ratesAfter(10, {}))).toEqual([undefined, undefined, undefined]);
    expect(all(ratesAfter(10, { insert_failed: 0 }))).toEqual([0, undefined, undefined]);
  });

  it('are means of ten and of five minutes', () => {
    const rates = ratesAfter(1200, { insert_failed: 1, chainlength: 0, invalid: 90 });
    expect(rates.insertFailuresPerSecond).toBeCloseTo(1, 1);
    expect(rates.invalidPacketsPerSecond! / 90).toBeCloseTo(1, 0);
    expect(rates.chainsTooLong).toBe(0);
  });

  it('takes insertions that failed for a long chain for those, and for no insert failures', () => {
    const rates = ratesAfter(100, { insert_failed: 3, chainlength: 3 });
    expect([rates.insertFailuresPerSecond, rates.chainsTooLong]).toEqual([0, 300]);
  });

  it('end after what they count has ended', () => {
    const rates = ratesAfter(60, { insert_failed: 5, chainlength: 1, invalid: 1000 });
    for (let second = 61; second <= 720; second += 1)
      rates.add(
        new Map([
          ['insert_failed', 0],
          ['chainlength', 0],
          ['invalid', 0],
        ]),
        second * 1000,
      );
    expect(all(rates)).toEqual([0, 0, 0]);
  });
});

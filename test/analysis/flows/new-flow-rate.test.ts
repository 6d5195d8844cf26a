import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../../simulator/random.ts';
import { NewFlowCount, rateOf, windowMs } from '../../../src/analysis/flows/new-flow-rate.ts';
import { flowOf, ten } from './counted-flows.ts';

function countOf(sources: readonly number[], { lost = 0, windowSeconds = 0.5 } = {}) {
  const count = new NewFlowCount({ top: 2, seed: 7 }).begin();
  for (const source of sources) count.add(flowOf({ source: ten(42, 3, source), destination: ten(96, 0, source) }));
  return count.end({ windowSeconds, lost });
}

describe('NewFlowCount', () => {
  it('makes a rate of a window, and says who opens how much of it', () => {
    const { perSecond, low, high, sources, destinations } = countOf([
      ...Array<number>(60).fill(17),
      ...Array<number>(30).fill(18),
      ...Array<number>(10).fill(19),
    ]);
    expect(perSecond).toBe(200);
    expect(low > 160 && low < 200 && high > 200 && high < 250).toBe(true);
    expect(sources.top.map(({ address, share, perSecond: own }) => [address, share, own])).toEqual([
      ['10.42.3.17', 0.6, 120],
      ['10.42.3.18', 0.3, 60],
    ]);
    expect(sources.otherPerSecond).toBeCloseTo(20);
    expect(destinations.top[0]).toMatchObject({ address: '10.96.0.17', port: 53, protocol: 'udp', share: 0.6 });
  });

  it('has the flows in its rate that the kernel had no room to tell of', () => {
    const { heard, lost, perSecond, sources } = countOf(Array<number>(100).fill(17), { lost: 300 });
    expect([heard, lost, perSecond]).toEqual([100, 300, 800]);
    expect(sources.top[0]!.perSecond).toBe(800);
  });

  it('says of a window without new flows that there may be a few', () => {
    const { perSecond, low, high, sources } = countOf([]);
    expect([perSecond, low]).toEqual([0, 0]);
    expect(high > 4 && high < 10).toBe(true);
    expect(sources).toEqual({ top: [], otherPerSecond: 0 });
  });
});

describe('rateOf()', () => {
  it.each([3, 40, 2000])('has the true rate in its interval in 95 percent of windows: %i flows each', (mean) => {
    const random = randomFrom(11);
    const windows = 2000;
    let covered = 0;
    for (let i = 0; i < windows; i += 1) {
      const pause = () => -Math.log(1 - random());
      let arrivals = 0;
      for (let at = pause(); at < mean; at += pause()) arrivals += 1;
      const { low, high } = rateOf(arrivals, 1);
      covered += Number(low <= mean && mean <= high);
    }
    expect(covered / windows).toBeGreaterThanOrEqual(0.94);
  });
});

describe('windowMs()', () => {
  it.each([
    [undefined, 200],
    [0, 1000],
    [100, 1000],
    [4000, 500],
    [10_000, 200],
    [50_000, 100],
  ])('after %j new flows a second is %i ms', (perSecond, wanted) => {
    expect(windowMs(perSecond)).toBe(wanted);
  });
});

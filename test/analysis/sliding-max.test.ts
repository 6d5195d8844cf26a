import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlidingMax } from '../../src/analysis/windows.ts';

describe('PeakHold', () => {
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

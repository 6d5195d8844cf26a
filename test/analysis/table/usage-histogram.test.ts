import { describe, expect, it } from 'vitest';
import { UsageHistogram } from '../../../src/analysis/table/history.ts';

describe('UsageHistogram', () => {
  it('is undefined before the first sample', () => {
    expect(new UsageHistogram().counts).toBeUndefined();
  });

  it('counts each sample in every bucket that holds it, the bound included', () => {
    const histogram = new UsageHistogram();
    for (const usage of [0.5, 0.75, 0.8, 0.95, 1.2]) histogram.add(usage);
    expect(histogram.counts).toEqual({
      buckets: [
        { upTo: 0.75, samples: 2 },
        { upTo: 0.9, samples: 3 },
        { upTo: 0.95, samples: 4 },
      ],
      samples: 5,
      sum: expect.closeTo(4.2) as number,
    });
  });
});

import { describe, expect, it } from 'vitest';
import { pageSeries } from '../../src/metrics/pages.ts';

describe('pageSeries()', () => {
  it('has nothing to show while nobody is to be paged', () => {
    expect(pageSeries(undefined)).toEqual([]);
  });

  it('shows every outcome, those that never came about as well', () => {
    const counts = new Map([
      ['delivered', 3],
      ['failed', 0],
    ]);
    expect(pageSeries(counts)).toEqual([
      { labels: { outcome: 'delivered' }, value: 3 },
      { labels: { outcome: 'failed' }, value: 0 },
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { notificationSeries } from '../../src/metrics/agent-families.ts';

describe('notificationSeries()', () => {
  it('has nothing to show without an Alertmanager', () => {
    expect(notificationSeries(undefined)).toEqual([]);
  });

  it('shows every outcome, those that never came about as well', () => {
    const counts = new Map([
      ['delivered', 3],
      ['failed', 0],
    ]);
    expect(notificationSeries(counts)).toEqual([
      { labels: { outcome: 'delivered' }, value: 3 },
      { labels: { outcome: 'failed' }, value: 0 },
    ]);
  });
});

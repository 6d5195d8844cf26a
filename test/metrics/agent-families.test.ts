import { describe, expect, it } from 'vitest';
import { lastPostSeries, notificationSeries } from '../../src/metrics/agent-families.ts';

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

describe('lastPostSeries()', () => {
  const url = 'http://alertmanager:9093';
  const report = { url, isConnected: true, ageSeconds: 7, address: '10.0.0.7:9093', problem: undefined };

  it('has no series before the first post', () => {
    expect(lastPostSeries([report])).toEqual([]);
    expect(lastPostSeries(undefined)).toEqual([]);
  });

  it('is 0 where the last post was not delivered', () => {
    const posts = [true, false].map((isDelivered) => ({ ...report, lastPost: { isDelivered, agoSeconds: 3 } }));
    expect(lastPostSeries(posts).map(({ value }) => value)).toEqual([1, 0]);
  });
});

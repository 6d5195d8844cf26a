import { describe, expect, it } from 'vitest';
import type { Publication } from '../../src/metrics/family.ts';
import { seriesOf } from './publication.ts';

describe('conntrack_agent_notifications_total', () => {
  it('has no series without an Alertmanager', () => {
    expect(seriesOf('conntrack_agent_notifications_total', {})).toEqual([]);
  });

  it('has a series for every outcome, 0 included', () => {
    const notifications = new Map([
      ['delivered', 3],
      ['failed', 0],
    ]);
    expect(seriesOf('conntrack_agent_notifications_total', { notifications })).toEqual([
      { labels: { outcome: 'delivered' }, value: 3 },
      { labels: { outcome: 'failed' }, value: 0 },
    ]);
  });
});

describe('conntrack_agent_alertmanager_last_post_success', () => {
  const report = {
    url: 'http://am:9093',
    isConnected: true,
    ageSeconds: 7,
    address: '10.0.0.7:9093',
    problem: undefined,
  };
  const valuesOf = (alertmanagers: Publication['alertmanagers']) =>
    seriesOf('conntrack_agent_alertmanager_last_post_success', { alertmanagers }).map(({ value }) => value);

  it('has no value before the first post', () => {
    expect(valuesOf([report])).toEqual([undefined]);
    expect(valuesOf(undefined)).toEqual([]);
  });

  it('is 0 where the last post was not delivered', () => {
    const posts = [true, false].map((isDelivered) => ({ ...report, lastPost: { isDelivered, agoSeconds: 3 } }));
    expect(valuesOf(posts)).toEqual([1, 0]);
  });
});

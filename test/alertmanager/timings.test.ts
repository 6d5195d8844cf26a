import { describe, expect, it } from 'vitest';
import { TIMINGS, waitAfter } from '../../src/alertmanager/timings.ts';

describe('waitAfter()', () => {
  it('doubles up to the longest, and does not wait after a success', () => {
    const waits = [0, 1, 2, 3, 4, 5, 6, 7, 5000].map((failures) => waitAfter(failures, TIMINGS, () => 0));
    expect(waits).toEqual([0, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('takes up to half of it off by chance', () => {
    expect(waitAfter(3, TIMINGS, () => 0.999)).toBeCloseTo(2000, -1);
  });
});

describe('TIMINGS', () => {
  it('posts again several times within the life of an alert, and that within the resolve_timeout of 5 min', () => {
    expect(TIMINGS.lifeMs).toBeGreaterThanOrEqual(3 * (TIMINGS.resendMs + TIMINGS.heartbeatMs));
    expect(TIMINGS.lifeMs).toBeLessThan(300_000);
  });

  it('claims less than what is left of an alert of Prometheus at any time: of four resends all but one', () => {
    expect(TIMINGS.lifeMs).toBeLessThan(3 * 60_000 - 10_000);
  });

  it('gets a notification out within 10 s even behind a request that hangs', () => {
    expect(TIMINGS.requestMs + TIMINGS.retryFirstMs).toBeLessThan(10_000);
  });
});

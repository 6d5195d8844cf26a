import { describe, expect, it } from 'vitest';
import { readoutOf, Seconds } from '../../../src/web/browser/chart-data.ts';
import { piece } from './pieces.ts';

describe('readoutOf()', () => {
  it('names a second, what it held, or that nothing is known of it', () => {
    const seconds = new Seconds();
    seconds.begin({ ...piece(2, [10, null, 12]), dropped: [0, 0, 7] });
    expect([undefined, 0, 1, 2].map((index) => readoutOf(seconds, index))).toEqual([
      'one number a second',
      '14:00:00 UTC: 10 entries, peak 10',
      '14:00:01 UTC: not known',
      '14:00:02 UTC: 12 entries, peak 12, 7 packets dropped',
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { ago, timeOfDay } from '../../src/view/moment.ts';
import { brief, countOr, lastly, perSecond, span, tenths } from '../../src/view/numbers.ts';

describe('numbers on the page', () => {
  it.each([
    [tenths(0.8199), '81.9 %'],
    [tenths(0.9999), '99.9 %'], // A table that is not full must not be called so.
    [tenths(0.82), '82.0 %'],
    [tenths(1.2), '120.0 %'],
    [countOr(undefined), '–'],
    [countOr(1234), '1,234'],
    [perSecond(0.04), '0'],
    [perSecond(0.25), '+0.3'],
    [perSecond(-1234), '−1,234'],
    [span(59.6), '1 min'],
    [span(754), '12 min 34 s'],
    [lastly(60), 'minute'],
    [lastly(3597), 'hour'],
    [lastly(3000), '50 min'],
    [lastly(37), '37 s'],
    [brief(0.000_02), '20 µs'],
    [brief(0.0123), '12.3 ms'],
    [ago(1.9), 'now'],
    [ago(12.7), '12 s ago'],
    [ago(600), '10 min ago'],
    [ago(10_000), '2 h ago'],
    [timeOfDay('2026-11-22T14:03:12.345Z'), '14:03:12 UTC'],
  ])('%s is %s', (written, wanted) => expect(written).toBe(wanted));
});

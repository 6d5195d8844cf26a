import { describe, expect, it } from 'vitest';
import { ago, countOr, lastly, timeOfDay } from '../../../src/web/view/section.ts';

describe('numbers on the page', () => {
  it.each([
    [countOr(undefined), '–'],
    [countOr(1234), '1,234'],
    [lastly(60), 'minute'],
    [lastly(3597), 'hour'],
    [lastly(3000), '50 min'],
    [lastly(37), '37 s'],
    [ago(1.9), 'now'],
    [ago(12.7), '12 s ago'],
    [ago(600), '10 min ago'],
    [ago(10_000), '2 h ago'],
    [timeOfDay('2026-11-22T14:03:12.345Z'), '14:03:12 UTC'],
  ])('%s is %s', (written, wanted) => expect(written).toBe(wanted));
});

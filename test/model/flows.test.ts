import { describe, expect, it } from 'vitest';
import { unlistedOf } from '../../src/model/flows.ts';

describe('unlistedOf()', () => {
  it.each<[string, boolean, number | undefined, number | undefined, number, number | undefined]>([
    ['is what the kernel counted and did not list', true, 120, 130, 100, 20],
    ['is none of the flows that came meanwhile', true, 90, 130, 100, 0],
    ['is none of the flows that went meanwhile', true, 130, 90, 100, 0],
    ['is not known after a sample', false, 120, 120, 100, undefined],
    ['is not known without a count', true, 120, undefined, 100, undefined],
  ])('%s', (_, isComplete, entriesBefore, entriesAfter, read, unlisted) => {
    expect(unlistedOf({ isComplete, entriesBefore, entriesAfter }, read)).toBe(unlisted);
  });

  it('is known where the kernel listed far too few, and not where it was disturbed', () => {
    const end = { isComplete: false, entriesBefore: 90_000, entriesAfter: 90_000 };
    expect(unlistedOf({ ...end, incompleteReason: 'short' }, 20_000)).toBe(70_000);
    expect(unlistedOf({ ...end, incompleteReason: 'resized' }, 20_000)).toBeUndefined();
  });
});

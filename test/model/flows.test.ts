import { describe, expect, it } from 'vitest';
import { unlistedOf } from '../../src/model/flows.ts';

describe('unlistedOf()', () => {
  it.each([
    [
      'is what the kernel counted and did not list',
      { isComplete: true, entriesBefore: 120, entriesAfter: 130, read: 100, unlisted: 20 },
    ],
    [
      'is none of the flows that came meanwhile',
      { isComplete: true, entriesBefore: 90, entriesAfter: 130, read: 100, unlisted: 0 },
    ],
    [
      'is none of the flows that went meanwhile',
      { isComplete: true, entriesBefore: 130, entriesAfter: 90, read: 100, unlisted: 0 },
    ],
    [
      'is not known after a sample',
      { isComplete: false, entriesBefore: 120, entriesAfter: 120, read: 100, unlisted: undefined },
    ],
    [
      'is not known without a count',
      { isComplete: true, entriesBefore: 120, entriesAfter: undefined, read: 100, unlisted: undefined },
    ],
  ])('%s', (_, { isComplete, entriesBefore, entriesAfter, read, unlisted }) => {
    expect(unlistedOf({ isComplete, entriesBefore, entriesAfter }, read)).toBe(unlisted);
  });

  it('is known where the kernel listed far too few, and not where it was disturbed', () => {
    const end = { isComplete: false, entriesBefore: 90_000, entriesAfter: 90_000 };
    expect(unlistedOf({ ...end, incompleteReason: 'short' }, 20_000)).toBe(70_000);
    expect(unlistedOf({ ...end, incompleteReason: 'resized' }, 20_000)).toBeUndefined();
  });
});

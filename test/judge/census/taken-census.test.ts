import { describe, expect, it } from 'vitest';
import { unlistedOf } from '../../../src/judge/census/taken-census.ts';

describe('unlistedOf()', () => {
  it.each<[string, boolean, number | undefined, number | undefined, number, number | undefined]>([
    ['is what the kernel counted and did not list', true, 120, 130, 100, 20],
    ['is none of the flows that came meanwhile', true, 90, 130, 100, 0],
    ['is none of the flows that went meanwhile', true, 130, 90, 100, 0],
    ['is not known after a sample', false, 120, 120, 100, undefined],
    ['is not known without a count', true, 120, undefined, 100, undefined],
  ])('%s', (_, isComplete, entriesBefore, entriesAfter, read, unlisted) => {
    expect(unlistedOf({ isComplete, isDisturbed: false, entriesBefore, entriesAfter }, read)).toBe(unlisted);
  });
});

import { describe, expect, it } from 'vitest';
import { insertFailures, tableFullDrops } from '../../src/model/status.ts';
import { counterRow } from '../counter-row.ts';

describe('tableFullDrops()', () => {
  it.each([
    ['is what is in drop and in no other counter', { drop: 9, insert_failed: 4 }, 5],
    ['knows that a long chain is in insert_failed and not in drop', { drop: 9, insert_failed: 6, chainlength: 2 }, 5],
    ['is below 0 between two increments', { drop: 0, insert_failed: 1 }, -1],
    ['is undefined without either', { drop: 9 }, undefined],
  ])('%s', (_, totals, drops) => {
    expect(tableFullDrops(counterRow(totals))).toBe(drops);
  });
});

describe('insertFailures()', () => {
  it.each([
    ['is what failed for another reason than a long chain', { insert_failed: 6, chainlength: 2 }, 4],
    ['is all of them on a kernel without that counter', { insert_failed: 6 }, 6],
    ['is never below 0', { insert_failed: 1, chainlength: 2 }, 0],
    ['is undefined without the counter', { chainlength: 2 }, undefined],
  ])('%s', (_, totals, failures) => {
    expect(insertFailures(counterRow(totals))).toBe(failures);
  });
});

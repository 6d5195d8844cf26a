import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../../simulator/random.ts';
import { flowsInTable } from '../../../src/analysis/flows/expired-entries.ts';

const STOPPED = { isComplete: false, incompleteReason: 'budget' } as const;

/** A walk over a part of a hash where each entry is chained in two buckets, which removes the expired ones it comes by. */
function walk(flows: number, expired: number, part: number, random: () => number) {
  const count = (of: number, isMet: () => boolean) => Array.from({ length: of }, isMet).filter(Boolean).length;
  const read = count(flows, () => random() < part);
  const removed = count(expired, () => [random(), random()].some((bucket) => bucket < part));
  const entriesBefore = flows + expired;
  return flowsInTable({ ...STOPPED, entriesBefore, entriesAfter: entriesBefore - removed }, read)!;
}

describe('flowsInTable()', () => {
  it.each([
    { flows: 8000, expired: 8500, part: 0.25 },
    { flows: 8000, expired: 100, part: 0.25 },
    { flows: 20_000, expired: 60_000, part: 0.1 },
    { flows: 4000, expired: 4000, part: 0.9 },
  ])('tells $flows flows from $expired expired entries after $part of the hash', ({ flows, expired, part }) => {
    const random = randomFrom(7);
    const outcomes = Array.from({ length: 100 }, () => walk(flows, expired, part, random));
    const right = outcomes.filter(({ low, high }) => low <= flows && flows <= high);
    expect(right.length).toBeGreaterThanOrEqual(90);
    const mean = outcomes.reduce((sum, outcome) => sum + outcome.flows, 0) / outcomes.length;
    expect(Math.abs(mean / flows - 1)).toBeLessThan(0.02);
    for (const outcome of outcomes) expect(outcome.flows + outcome.expired!).toBe(flows + expired);
  });

  it('counts what the kernel walked and nobody read', () => {
    const read = { ...STOPPED, entriesBefore: 10_000, entriesAfter: 9000 };
    expect(flowsInTable({ ...read, walked: 3000 }, 2000)!.flows).toBeGreaterThan(flowsInTable(read, 2000)!.flows);
  });

  it('takes the mean of both counts where the table grew meanwhile', () => {
    const grown = { ...STOPPED, entriesBefore: 9000, entriesAfter: 11_000 };
    expect(flowsInTable(grown, 1000)).toEqual({ flows: 10_000, low: 10_000, high: 10_000, expired: 0 });
  });

  it('counts what it read where that was all, and what was removed meanwhile as expired', () => {
    const all = { isComplete: true, entriesBefore: 150, entriesAfter: 110 };
    expect(flowsInTable(all, 100)).toEqual({ flows: 100, low: 100, high: 100, expired: 40 });
  });

  it('takes the later count where the listing went through but is not to be trusted', () => {
    const resized = { isComplete: false, incompleteReason: 'resized', entriesBefore: 900, entriesAfter: 600 } as const;
    expect(flowsInTable(resized, 400)).toMatchObject({ flows: 600, expired: 300 });
  });

  it('is never less than what was read, and unknown without any count', () => {
    expect(flowsInTable({ ...STOPPED, entriesBefore: 20, entriesAfter: 10 }, 100)!.flows).toBe(100);
    expect(flowsInTable({ ...STOPPED, entriesBefore: undefined, entriesAfter: undefined }, 100)).toBeUndefined();
    const unknown = { isComplete: true, entriesBefore: undefined, entriesAfter: undefined };
    expect(flowsInTable(unknown, 100)).toEqual({ flows: 100, low: 100, high: 100, expired: undefined });
  });
});

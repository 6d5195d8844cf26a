import { describe, expect, it } from 'vitest';
import { levelOf, rateOf } from '../../../src/analysis/flows/new-flow-rate.ts';
import type { NewFlows, TimeoutEffect } from '../../../src/model/flows.ts';
import { flowSampleOf } from '../advice/node-snapshots.ts';

function held(protocol: string, state: string, seconds: number, flows: number): TimeoutEffect {
  const entries = { read: flows, share: 0, low: 0, high: 0, flows };
  return { protocol, state, seconds, entries, shorter: [], longestIdle: [] };
}

/** 1,000 a second of UDP for 30 s, 500 of TCP for 120 s in TIME_WAIT, and 10,000 open connections. */
const TABLE = [
  held('udp', 'default', 30, 30_000),
  held('tcp', 'time_wait', 120, 60_000),
  held('tcp', 'established', 432_000, 10_000),
];

function newFlows(perSecond: number): NewFlows {
  const emptyRanking = { top: [], otherPerSecond: perSecond };
  return {
    windowSeconds: 1,
    heard: perSecond,
    lost: 0,
    ...rateOf(perSecond, 1),
    sources: emptyRanking,
    destinations: emptyRanking,
  };
}

describe('levelOf()', () => {
  it('takes the time that an entry stays from the states and their timeouts', () => {
    expect(levelOf(flowSampleOf(TABLE), newFlows(1500), false)).toEqual({
      perSecond: 1500,
      meanResidenceSeconds: 60,
      expected: 90_000,
      shortLived: 90_000,
      longLived: 10_000,
      conclusion: 'agrees',
    });
  });

  it.each([
    ['more_entries', 300],
    ['agrees', 1200],
    ['agrees', 2000],
    ['fewer_entries', 4000],
  ])('says %s at %i new flows a second', (conclusion, perSecond) => {
    expect(levelOf(flowSampleOf(TABLE), newFlows(perSecond), false)!.conclusion).toBe(conclusion);
  });

  it('says nothing of a table without timeouts or without entries that only a timeout ends', () => {
    expect(levelOf(flowSampleOf([]), newFlows(100), false)).toBeUndefined();
    expect(levelOf(flowSampleOf([TABLE[2]!]), newFlows(100), false)).toBeUndefined();
  });

  it('says nothing of a table that drops or evicts: flows that are dropped are not counted', () => {
    expect(levelOf(flowSampleOf(TABLE), newFlows(1500), true)).toBeUndefined();
  });
});

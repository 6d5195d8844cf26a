import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimeShare } from '../../src/analysis/windows.ts';

/** Share of ten seconds after one sample a second; undefined where there was none. */
function shareOf(seconds: readonly (boolean | undefined)[]): number {
  const share = new TimeShare(10);
  for (const [second, isAbove] of seconds.entries()) if (isAbove !== undefined) share.add(isAbove, second * 1000);
  return share.share;
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe('TimeShare', () => {
  it.each<[string, (boolean | undefined)[], number]>([
    ['is 0 before anything was seen', [], 0],
    ['leaves out the second that has not ended', [true], 0],
    ['counts what was not seen yet as not above', [true, true, true, false], 0.3],
    ['is 1 after a whole window', times(11, true), 1],
    ['forgets what is older than the window', [...times(5, true), ...times(10, false)], 0.1],
    ['has forgotten all of it after a window', [...times(5, true), ...times(11, false)], 0],
    ['counts seconds without a sample as not above', [true, true, undefined, undefined, true, false], 0.3],
    ['has nothing left after a long silence', [...times(11, true), ...times(40, undefined), false, false], 0],
  ])('%s', (_, seconds, share) => {
    expect(shareOf(seconds)).toBeCloseTo(share, 9);
  });

  it('counts a part of a second as that part', () => {
    const share = new TimeShare(10);
    for (const [isAbove, atMs] of [
      [true, 0],
      [false, 250],
      [false, 500],
      [false, 750],
      [false, 1000],
    ] as const)
      share.add(isAbove, atMs);
    expect(share.share).toBeCloseTo(0.025, 9);
  });

  it('is what counting all seconds of the window gives, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(true, false, undefined), { minLength: 1, maxLength: 60 }), (seconds) => {
        const last = seconds.findLastIndex((one) => one !== undefined);
        const window = last < 0 ? [] : seconds.slice(Math.max(0, last - 10), last);
        expect(shareOf(seconds)).toBeCloseTo(window.filter((one) => one === true).length / 10, 9);
      }),
    );
  });
});

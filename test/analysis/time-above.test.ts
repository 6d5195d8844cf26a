import { describe, expect, it } from 'vitest';
import { History, timeAbove } from '../../src/analysis/history.ts';
import { DEFAULT_THRESHOLDS } from '../../src/model/thresholds.ts';
import { sample } from './watched.ts';

describe('timeAbove()', () => {
  it('is the share of the seconds whose peak was above three quarters and each threshold', () => {
    const history = new History();
    for (const [second, entries] of [75, 76, 91, 96].entries()) history.addSample(sample(second, entries));
    expect(timeAbove(history.last(60, 3000), DEFAULT_THRESHOLDS)).toEqual({
      seconds: 4,
      shares: [
        { usage: 0.75, share: 0.75 },
        { usage: 0.9, share: 0.5 },
        { usage: 0.95, share: 0.25 },
      ],
    });
  });

  it('leaves out seconds that are not known, and is undefined where none is or nothing is limited', () => {
    const history = new History();
    history.addSample(sample(1, 96));
    history.addSample(sample(5, 1));
    expect(timeAbove(history.last(60, 5000), DEFAULT_THRESHOLDS)).toMatchObject({
      seconds: 2,
      shares: [{ share: 0.5 }, {}, {}],
    });
    const unlimited = new History();
    unlimited.addSample(sample(1, 96, 0));
    expect(timeAbove(unlimited.last(60, 1000), DEFAULT_THRESHOLDS)).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { History } from '../../src/judge/history.ts';
import { lossReports } from '../../src/judge/loss-report.ts';
import { sample, status } from './watched.ts';

describe('lossReports()', () => {
  it('adds up the last ten seconds, the minute and the hour', () => {
    const history = new History();
    for (let second = 0; second < 1000; second += 1) {
      history.addSample(sample(second, 1));
      history.addLosses(status(second, second * 2, { early_drop: 0 }));
    }
    const reports = lossReports(history.last(3600, 999_000))!;
    expect(reports.map(({ id }) => id)).toEqual(['refused', 'evicted']);
    expect(reports[0]).toMatchObject({ perSecond: 2, lastMinute: 120, lastHour: 1998, isTrouble: true });
    expect(reports[1]).toMatchObject({ perSecond: 0, lastMinute: 0, lastHour: 0, isTrouble: false });
  });

  it('takes no trouble from what a healthy node has too', () => {
    const history = new History();
    for (let second = 0; second < 100; second += 1) history.addLosses(status(second, 0, { invalid: second * 100 }));
    expect(lossReports(history.last(3600, 99_000))?.find(({ id }) => id === 'invalid')).toMatchObject({
      lastMinute: 6000,
      isTrouble: false,
    });
    for (let second = 100; second < 200; second += 1) history.addLosses(status(second, 0, { invalid: second * 200 }));
    expect(lossReports(history.last(3600, 199_000))?.find(({ id }) => id === 'invalid')?.isTrouble).toBe(true);
  });

  it('is undefined where the kernel tells of no loss', () => {
    const history = new History();
    for (let second = 0; second < 3; second += 1) history.addLosses(status(second));
    expect(lossReports(history.last(3600, 2000))).toBeUndefined();
  });
});

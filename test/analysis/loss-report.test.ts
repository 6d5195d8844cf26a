import { describe, expect, it } from 'vitest';
import { History, lossReports } from '../../src/analysis/history.ts';
import { DEFAULT_THRESHOLDS } from '../../src/model/thresholds.ts';
import { sample, status } from './watched.ts';

const reportsOf = (history: History, nowMs: number) => lossReports(history.last(3600, nowMs), DEFAULT_THRESHOLDS);

describe('lossReports()', () => {
  it('adds up the last ten seconds, the minute and the hour', () => {
    const history = new History();
    for (let second = 0; second < 1000; second += 1) {
      history.addSample(sample(second, 1));
      history.addLosses(status(second, second * 2, { early_drop: 0 }));
    }
    const reports = reportsOf(history, 999_000)!;
    expect(reports.map(({ id }) => id)).toEqual(['table_full', 'evicted']);
    expect(reports[0]).toMatchObject({ perSecond: 2, lastMinute: 120, lastHour: 1998, isAboveBaseline: true });
    expect(reports[1]).toMatchObject({ perSecond: 0, lastMinute: 0, lastHour: 0, isAboveBaseline: false });
  });

  it('is not above the baseline with what a healthy node has too', () => {
    const history = new History();
    for (let second = 0; second < 100; second += 1) history.addLosses(status(second, 0, { invalid: second * 100 }));
    expect(reportsOf(history, 99_000)?.find(({ id }) => id === 'invalid_packets')).toMatchObject({
      lastMinute: 6000,
      isAboveBaseline: false,
    });
    for (let second = 100; second < 200; second += 1) history.addLosses(status(second, 0, { invalid: second * 200 }));
    expect(reportsOf(history, 199_000)?.find(({ id }) => id === 'invalid_packets')?.isAboveBaseline).toBe(true);
  });

  it('is undefined where the kernel tells of no loss', () => {
    const history = new History();
    for (let second = 0; second < 3; second += 1) history.addLosses(status(second));
    expect(reportsOf(history, 2000)).toBeUndefined();
  });
});

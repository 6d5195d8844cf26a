import { describe, expect, it } from 'vitest';
import { History, lossReports, timeAbove } from '../../../src/analysis/table/history.ts';
import { DEFAULT_THRESHOLDS } from '../../../src/model/alarms/thresholds.ts';
import { sample, status } from '../watched.ts';

const entriesOf = (history: History, seconds: number, nowSecond: number) => [
  ...history.last(seconds, nowSecond * 1000).columns.entries,
];

describe('History', () => {
  it('keeps the latest count of a second and the highest as its peak', () => {
    const history = new History();
    for (const [ms, entries] of [
      [5000, 10],
      [5300, 90],
      [5900, 20],
    ] as const) {
      history.addSample({ atMs: ms, entries, limit: 100 });
    }
    const { endSecond, columns } = history.last(60, 5999);
    expect([endSecond, ...columns.entries, ...columns.peak, ...columns.limit]).toEqual([5, 20, 90, 100]);
  });

  it('holds the last hour and no more', () => {
    const history = new History();
    for (let second = 0; second <= 5000; second += 1) history.addSample(sample(second, second));
    const all = entriesOf(history, 10_000, 5000);
    expect([all.length, all[0], all.at(-1)]).toEqual([3600, 1401, 5000]);
    expect(entriesOf(history, 3, 5000)).toEqual([4998, 4999, 5000]);
  });

  it('begins with the first second it has seen, so that there are no numbers of before', () => {
    const history = new History();
    history.addSample(sample(7, 1));
    expect(entriesOf(history, 3600, 9)).toEqual([1, Number.NaN, Number.NaN]);
  });

  it('shows a second nobody looked in as a gap, and a long silence as one', () => {
    const history = new History();
    history.addSample(sample(1, 1));
    history.addSample(sample(4, 4));
    expect(entriesOf(history, 4, 4)).toEqual([1, Number.NaN, Number.NaN, 4]);
    history.addSample(sample(4 + 7200, 9));
    const hour = entriesOf(history, 3600, 4 + 7200);
    expect([hour.length, hour.at(-1), hour.filter((value) => !Number.isNaN(value)).length]).toEqual([3600, 9, 1]);
  });

  it('shows the time in which the table could not be read as a gap, the limit aside', () => {
    const history = new History();
    history.addSample(sample(1, 1));
    history.addSample({ atMs: 2000, entries: undefined, limit: 100 });
    const { columns } = history.last(2, 2000);
    expect([...columns.entries, ...columns.peak, ...columns.limit]).toEqual([1, Number.NaN, 1, Number.NaN, 100, 100]);
  });

  it('begins anew when the clock goes back', () => {
    const history = new History();
    for (let second = 100; second < 110; second += 1) history.addSample(sample(second, second));
    history.addSample(sample(3, 3));
    expect(entriesOf(history, 3600, 3)).toEqual([3]);
  });

  it('counts what was lost between two statuses in the second of the later one', () => {
    const history = new History();
    history.addLosses(status(1, 500));
    history.addLosses(status(2, 507));
    history.addLosses({ ...status(2, 510), atMs: 2500 });
    expect([...history.last(3, 2999).columns.table_full]).toEqual([Number.NaN, 10]);
  });

  it('knows nothing of a loss the kernel does not tell, and no jump when it tells again', () => {
    const history = new History();
    for (const [second, early] of [
      [1, 5],
      [2, undefined],
      [3, 500],
      [4, 501],
    ] as const) {
      history.addLosses(status(second, undefined, early === undefined ? {} : { early_drop: early }));
    }
    expect([...history.last(4, 4000).columns.evicted]).toEqual([Number.NaN, Number.NaN, Number.NaN, 1]);
  });
});

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

const reportsOf = (history: History, nowMs: number) => lossReports(history.last(3600, nowMs), DEFAULT_THRESHOLDS);

describe('lossReports()', () => {
  it('adds up the last ten seconds, the minute and the hour', () => {
    const history = new History();
    for (let second = 0; second < 1000; second += 1) {
      history.addSample(sample(second, 1));
      history.addLosses(status(second, second * 2, { early_drop: 0 }));
    }
    const reports = reportsOf(history, 999_000)!;
    const drops = ['memory_drops', 'tracker_drops', 'unexplained_drops'];
    expect(reports.map(({ id }) => id)).toEqual(['table_full', 'evicted', ...drops]);
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

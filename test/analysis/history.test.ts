import { describe, expect, it } from 'vitest';
import { History } from '../../src/analysis/history.ts';
import { sample, status } from './watched.ts';

const entriesOf = (history: History, seconds: number, nowSecond: number) => [
  ...history.last(seconds, nowSecond * 1000).columns.entries,
];

describe('History', () => {
  it('takes less than a mebibyte, whatever it is told', () => {
    const history = new History();
    const { bytes } = history;
    for (let second = 0; second < 10_000; second += 1) history.addSample(sample(second, second));
    expect(bytes).toBeLessThanOrEqual(2 ** 20);
    expect(history.bytes).toBe(bytes);
  });

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

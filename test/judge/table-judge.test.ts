import { describe, expect, it } from 'vitest';
import { TableJudge } from '../../src/judge/table-judge.ts';

const LIMIT = 1000;
const row = (drop: number, insertFailed = 0) =>
  new Map([
    ['drop', drop],
    ['insert_failed', insertFailed],
  ]);

function judgeOf(entries: readonly (number | undefined)[], limit: number | undefined = LIMIT): TableJudge {
  const judge = new TableJudge({ peakWindowMs: 60_000 });
  for (const [i, count] of entries.entries()) judge.addSample({ atMs: i * 100, entries: count, limit });
  return judge;
}

describe('TableJudge', () => {
  it('knows nothing before the first sample', () => {
    const { atMs, isRefusing, ...rest } = new TableJudge({ peakWindowMs: 60_000 }).statusAt(0);
    expect({ atMs, isRefusing }).toEqual({ atMs: 0, isRefusing: false });
    expect(Object.values(rest).every((value) => value === undefined)).toBe(true);
  });

  it('says how full the table is, and at its worst', () => {
    expect(judgeOf([100, 900, 200]).statusAt(300)).toMatchObject({ entries: 200, usage: 0.2, peak: 900 });
  });

  it('reports a count above the limit as it is', () => {
    expect(judgeOf([1200]).statusAt(0)).toMatchObject({ usage: 1.2, secondsUntilFull: 0 });
  });

  it('takes a limit of 0 for no limit: no usage, no forecast, no alarm', () => {
    const status = judgeOf([1200], 0).statusAt(0);
    expect([status.limit, status.usage, status.secondsUntilFull, status.alarms]).toEqual([
      0,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('is blind, not quiet, when the count cannot be read', () => {
    const status = judgeOf([999, undefined]).statusAt(200);
    expect(status.alarms).toBeUndefined();
    expect(status.entries).toBeUndefined();
    expect(status.peak).toBe(999);
  });

  it('forecasts infinity for a table that does not grow, and a time for one that does', () => {
    const flat = Array.from({ length: 600 }, () => 100);
    const rising = Array.from({ length: 600 }, (_, i) => 100 + i);
    expect(judgeOf(flat).statusAt(60_000).secondsUntilFull).toBe(Number.POSITIVE_INFINITY);
    expect(judgeOf(rising).statusAt(60_000).secondsUntilFull).toBeCloseTo((1000 - 699) / 10, 0);
  });

  it('raises "saturated" at once when the table is full, and clears it when that is over', () => {
    const judge = judgeOf([999, 1000]);
    expect(judge.statusAt(100).alarms?.get('saturated')).toEqual({ isRaised: true, sinceMs: 100 });
    for (let atMs = 200; atMs < 40_000; atMs += 100) judge.addSample({ atMs, entries: 10, limit: LIMIT });
    expect(judge.statusAt(40_000).alarms?.get('saturated')).toEqual({ isRaised: false });
  });

  it('raises "saturated" for packets refused between samples that saw room', () => {
    const judge = judgeOf([960]);
    judge.addCounters([row(5)], 0);
    judge.addCounters([row(25)], 1000);
    judge.addSample({ atMs: 1000, entries: 960, limit: LIMIT });
    expect(judge.statusAt(1000)).toMatchObject({ isRefusing: true, secondsUntilFull: 0, tableFullDrops: 20 });
    expect(judge.statusAt(1000).alarms?.get('saturated')?.isRaised).toBe(true);
  });

  it('still says that packets are refused to a scrape that comes right after another reading', () => {
    const judge = judgeOf([960]);
    judge.addCounters([row(5)], 0);
    judge.addCounters([row(25)], 1000);
    judge.addCounters([row(25)], 1005);
    expect(judge.statusAt(1005).isRefusing).toBe(true);
    expect(judge.statusAt(4001).isRefusing).toBe(false);
  });

  it('does not call a lost insertion race a full table', () => {
    const judge = judgeOf([100]);
    judge.addCounters([row(0, 0)], 0);
    judge.addCounters([row(8, 8)], 1000);
    expect(judge.statusAt(1000)).toMatchObject({ isRefusing: false, tableFullDrops: 0 });
  });

  it('counts refusals from its own start: a restart is a reset to 0, not a jump', () => {
    const judge = judgeOf([100]);
    judge.addCounters([row(5000)], 0);
    expect(judge.statusAt(0).tableFullDrops).toBe(0);
    expect(judge.statusAt(0).counters?.get('drop')).toBe(5000);
  });

  it.each<[string, (judge: TableJudge) => void]>([
    ['the counters', (judge) => judge.addCounters(undefined, 500)],
    ['the table', (judge) => judge.addSample({ atMs: 500, entries: undefined, limit: undefined })],
  ])('takes counters for begun anew, not for wrapped, when %s were not there for a moment', (_what, vanish) => {
    const judge = judgeOf([100]);
    judge.addCounters([row(2 ** 32 - 10)], 0);
    vanish(judge);
    judge.addCounters([row(5)], 1000);
    expect(judge.statusAt(1000)).toMatchObject({ isRefusing: false, tableFullDrops: 0 });
  });

  it('leaves the losses absent once no source tells them', () => {
    const judge = judgeOf([100]);
    judge.addCounters([row(5)], 0);
    judge.addCounters(undefined, 1000);
    expect(judge.statusAt(1000).counters).toBeUndefined();
    expect(judge.statusAt(1000).tableFullDrops).toBeUndefined();
  });
});

describe('the alarm "filling"', () => {
  const MINUTES = 600;

  it('is raised a minute after the forecast came within the horizon', () => {
    const rising = Array.from({ length: 4 * MINUTES }, (_, i) => 10_000 + i * 10);
    const judge = judgeOf(rising, 60_000);
    expect(judge.statusAt(4 * 60_000).alarms?.get('filling')?.isRaised).toBe(true);
    expect(judge.statusAt(4 * 60_000).alarms?.get('warning')?.isRaised).toBe(false);
  });

  it('stays quiet on a rise that has hours to go', () => {
    const rising = Array.from({ length: 4 * MINUTES }, (_, i) => 10_000 + Math.floor(i / 10));
    expect(
      judgeOf(rising, 60_000)
        .statusAt(4 * 60_000)
        .alarms?.get('filling')?.isRaised,
    ).toBe(false);
  });

  it('is not raised by the teeth of a saw after the first, which it has come back from', () => {
    const tooth = (t: number) => 10_000 + Math.floor(40_000 * ((t % 3000) / 3000));
    const judge = new TableJudge({ peakWindowMs: 60_000 });
    for (let i = 0; i < 15 * MINUTES; i++) judge.addSample({ atMs: i * 100, entries: tooth(i), limit: 60_000 });
    for (let i = 15 * MINUTES; i < 25 * MINUTES; i++) {
      judge.addSample({ atMs: i * 100, entries: tooth(i), limit: 60_000 });
      expect(judge.statusAt(i * 100).alarms?.get('filling')?.isRaised).toBe(false);
    }
  });
});

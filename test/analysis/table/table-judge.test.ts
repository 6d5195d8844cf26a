import { describe, expect, it } from 'vitest';
import { TableJudge } from '../../../src/analysis/table/table-judge.ts';
import type { AlarmId } from '../../../src/model/alarms/alarms.ts';
import { DEFAULT_THRESHOLDS } from '../../../src/model/alarms/thresholds.ts';
import { counterRow } from '../../counter-row.ts';
import { portsUsed } from '../../model/inputs.ts';

const LIMIT = 1000;
const MINUTE_MS = 60_000;
const row = (drop: number, insertFailed = 0) => counterRow({ drop, insert_failed: insertFailed });

/** Fed ten times a second; its kernel has no counters, until they are added. */
function judgeOf(entries: readonly (number | undefined)[], limit: number | undefined = LIMIT): TableJudge {
  const judge = new TableJudge({ peakWindowMs: 60_000 });
  judge.addCounters(undefined, 0);
  for (const [i, count] of entries.entries()) judge.addSample({ atMs: i * 100, entries: count, limit });
  return judge;
}

const alarmOf = (judge: TableJudge, id: AlarmId, atMs: number) => judge.statusAt(atMs).alarms.get(id);

describe('TableJudge', () => {
  it('knows nothing before the first sample, of alarms neither', () => {
    const { atMs, isDropping, inputs, alarms, ...rest } = new TableJudge({ peakWindowMs: 60_000 }).statusAt(0);
    expect({ atMs, isDropping, alarms: [...alarms] }).toEqual({ atMs: 0, isDropping: false, alarms: [] });
    expect([inputs.usage, inputs.limit]).toEqual([undefined, undefined]);
    expect(Object.values(rest).every((value) => value === undefined)).toBe(true);
  });

  it('says how full the table is, and at its worst', () => {
    expect(judgeOf([100, 900, 200]).statusAt(300)).toMatchObject({ entries: 200, usage: 0.2, peak: 900 });
  });

  it('reports a count above the limit as it is', () => {
    expect(judgeOf([1200]).statusAt(0)).toMatchObject({ usage: 1.2, secondsUntilFull: 0 });
  });

  it('forecasts infinity for a table that does not grow, and a time for one that does', () => {
    const flat = Array.from({ length: 600 }, () => 100);
    const rising = Array.from({ length: 600 }, (_, i) => 100 + i);
    expect(judgeOf(flat).statusAt(60_000).secondsUntilFull).toBe(Number.POSITIVE_INFINITY);
    expect(judgeOf(rising).statusAt(60_000).secondsUntilFull).toBeCloseTo((1000 - 699) / 10, 0);
  });

  it('still says that packets are dropped to a scrape that comes right after another reading', () => {
    const judge = judgeOf([960]);
    judge.addCounters([row(5)], 0);
    judge.addCounters([row(25)], 1000);
    judge.addCounters([row(25)], 1005);
    expect(judge.statusAt(1005).isDropping).toBe(true);
    expect(judge.statusAt(4001).isDropping).toBe(false);
  });

  it('does not take an insert failure for a full table', () => {
    const judge = judgeOf([100]);
    judge.addCounters([row(0, 0)], 0);
    judge.addCounters([row(8, 8)], 1000);
    expect(judge.statusAt(1000)).toMatchObject({ isDropping: false, tableFullDrops: 0 });
  });

  it('counts drops from its own start: a restart is a reset to 0, not a jump', () => {
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
    expect(judge.statusAt(1000)).toMatchObject({ isDropping: false, tableFullDrops: 0 });
  });

  it('leaves the losses absent once no source tells them', () => {
    const judge = judgeOf([100]);
    judge.addCounters([row(5)], 0);
    judge.addCounters(undefined, 1000);
    expect(judge.statusAt(1000)).toMatchObject({ counters: undefined, tableFullDrops: undefined });
    expect(judge.statusAt(1000).inputs.insertFailuresPerSecond).toBeUndefined();
  });
});

describe('the alarms of TableJudge', () => {
  it.each<[string, TableJudge, AlarmId[]]>([
    [
      'are all judged where everything is known',
      (() => {
        const judge = new TableJudge({ peakWindowMs: 60_000 });
        judge.addCounters([counterRow({ drop: 0, insert_failed: 0, chainlength: 0, invalid: 0, found: 0 })], 0);
        judge.addFacts({ snatPorts: portsUsed(0.5), buckets: 100 });
        judge.addSample({ atMs: 0, entries: 1, limit: LIMIT });
        return judge;
      })(),
      [
        'table_full',
        'table_nearly_full',
        'table_filling_up',
        'table_high',
        'insert_failures',
        'snat_ports_exhausted',
        'nat_without_ports',
        'insert_failures_unexplained',
        'drops_below_limit',
        'snat_ports_low',
        'chains_too_long',
        'invalid_packets',
        'limit_lowered',
        'no_data',
      ],
    ],
    ['on the table are not judged without its entries', judgeOf([999, undefined]), ['limit_lowered', 'no_data']],
    ['on the table are not judged where the limit is 0', judgeOf([1200], 0), ['limit_lowered', 'no_data']],
    [
      'are judged where they can be',
      judgeOf([1, 2]),
      ['table_full', 'table_nearly_full', 'table_filling_up', 'table_high', 'limit_lowered', 'no_data'],
    ],
  ])('%s', (_, judge, ids) => {
    expect([...judge.statusAt(200).alarms.keys()]).toEqual(ids);
  });

  it('tell their state, since when they fire, and how often they began to', () => {
    const judge = new TableJudge({ peakWindowMs: 60_000 });
    judge.addCounters(undefined, 0);
    const tableFullAt = (atMs: number, entries: number) => {
      judge.addSample({ atMs, entries, limit: 100 });
      return alarmOf(judge, 'table_full', atMs);
    };
    expect(tableFullAt(0, 10)).toEqual({ state: 'inactive', firingSinceMs: undefined, raised: 0 });
    expect(tableFullAt(1000, 100)).toEqual({ state: 'firing', firingSinceMs: 1000, raised: 1 });
    expect(tableFullAt(2000, 10)).toEqual({ state: 'resolving', firingSinceMs: 1000, raised: 1 });
    expect(tableFullAt(3000, 100)).toEqual({ state: 'firing', firingSinceMs: 1000, raised: 1 });
    expect(tableFullAt(4000, 10)).toEqual({ state: 'resolving', firingSinceMs: 1000, raised: 1 });
    expect(tableFullAt(4000 + MINUTE_MS, 10)).toEqual({ state: 'inactive', firingSinceMs: undefined, raised: 1 });
    expect(tableFullAt(5000 + MINUTE_MS, 100)).toEqual({ state: 'firing', firingSinceMs: 5000 + MINUTE_MS, raised: 2 });
  });

  it('keep how often they were raised while they cannot be judged', () => {
    const judge = judgeOf([LIMIT, undefined]);
    expect(alarmOf(judge, 'table_full', 100)).toBeUndefined();
    judge.addSample({ atMs: 200, entries: LIMIT, limit: LIMIT });
    expect(alarmOf(judge, 'table_full', 200)).toEqual({ state: 'firing', firingSinceMs: 0, raised: 1 });
  });

  it('say that a table is full that swings between eviction and its limit', () => {
    const judge = new TableJudge({ peakWindowMs: 60_000 });
    judge.addCounters(undefined, 0);
    const states = new Set<string | undefined>();
    for (let second = 0; second < 120; second += 1) {
      judge.addSample({ atMs: second * 1000, entries: second % 4 === 0 ? LIMIT : 951, limit: LIMIT });
      states.add(alarmOf(judge, 'table_full', second * 1000)?.state);
    }
    expect([...states]).toEqual(['firing']);
  });

  it('say that a table is full whose packets were dropped between two samples', () => {
    const judge = judgeOf([960]);
    judge.addCounters([row(5)], 0);
    judge.addCounters([row(25)], 1000);
    judge.addSample({ atMs: 1000, entries: 960, limit: LIMIT });
    expect(judge.statusAt(1000)).toMatchObject({ isDropping: true, secondsUntilFull: 0, tableFullDrops: 20 });
    expect(alarmOf(judge, 'table_full', 1000)?.state).toBe('firing');
  });

  /** Seconds of one level each, one sample a second; which alarms were firing at some moment. */
  const firedIn = (seconds: number, entriesAt: (second: number) => number, thresholds = DEFAULT_THRESHOLDS) => {
    const judge = new TableJudge({ peakWindowMs: 60_000, thresholds });
    const fired = new Set<AlarmId>();
    for (let second = 0; second < seconds; second += 1) {
      judge.addSample({ atMs: second * 1000, entries: entriesAt(second), limit: LIMIT });
      for (const [id, { state }] of judge.statusAt(second * 1000).alarms) if (state === 'firing') fired.add(id);
    }
    return [...fired];
  };

  it.each<[string, { seconds: number; entriesAt: (second: number) => number; ids: AlarmId[] }]>([
    ['none on a busy table that is stable at 85 %', { seconds: 3600, entriesAt: () => 850, ids: [] }],
    [
      'none for a burst to 97 % of half a minute',
      { seconds: 1800, entriesAt: (t) => (t > 600 && t < 630 ? 970 : 400), ids: [] },
    ],
    [
      'table_high for one that is high for two minutes of ten',
      { seconds: 900, entriesAt: (t) => (t % 300 < 60 ? 920 : 500), ids: ['table_high'] },
    ],
    [
      'none for one that is high for a minute of ten',
      { seconds: 1800, entriesAt: (t) => (t % 600 < 60 ? 920 : 500), ids: [] },
    ],
    [
      'table_nearly_full for one minute in five',
      { seconds: 600, entriesAt: (t) => (t > 300 && t < 365 ? 960 : 500), ids: ['table_nearly_full'] },
    ],
  ])('are %s', (_, { seconds, entriesAt, ids }) => {
    expect(firedIn(seconds, entriesAt)).toEqual(ids);
  });

  it('obey the thresholds that an operator sets', () => {
    const thresholds = { ...DEFAULT_THRESHOLDS, highUsage: 0.4, highTimeShare: 1 };
    expect(firedIn(590, () => 500, thresholds)).toEqual([]);
    expect(firedIn(620, () => 500, thresholds)).toEqual(['table_high']);
  });

  it('say that a table is high that was above 80 % for most of an hour, once an hour has been seen', () => {
    expect(firedIn(3600, () => 850)).toEqual([]);
    expect(firedIn(3605, () => 850)).toEqual(['table_high']);
    expect(firedIn(3605, (t) => (t % 20 === 0 ? 780 : 810))).toEqual(['table_high']);
    expect(firedIn(7200, (t) => (t % 60 < 50 ? 850 : 700))).toEqual([]); // Above it for 83 % of the time.
    expect(firedIn(7200, () => 800)).toEqual([]);
  });

  it('say that the limit was lowered where it is halved again and again for less than a minute', () => {
    const judge = new TableJudge({ peakWindowMs: 60_000 });
    const stateAt = (second: number, isLowered: boolean) => {
      judge.addSample({ atMs: second * 1000, entries: 10, limit: isLowered ? 1000 : 2000 });
      return alarmOf(judge, 'limit_lowered', second * 1000)?.state;
    };
    const states = Array.from({ length: 600 }, (_, second) => stateAt(second, second % 55 >= 15));
    expect(states.indexOf('firing')).toBeLessThan(180);
    expect(new Set(states.slice(states.indexOf('firing')))).toEqual(new Set(['firing']));
    expect(judge.statusAt(599_000).inputs).toMatchObject({ lowestLimit: 1000, highestLimit: 2000 });
    const restored = Array.from({ length: 400 }, (_, i) => stateAt(600 + i, false));
    expect(restored.at(-1)).toBe('inactive');
  });

  it('do not say that the limit was lowered where that was once, and for less than a minute', () => {
    const judge = new TableJudge({ peakWindowMs: 60_000 });
    const states = Array.from({ length: 900 }, (_, second) => {
      judge.addSample({ atMs: second * 1000, entries: 10, limit: second >= 100 && second < 155 ? 1000 : 2000 });
      return alarmOf(judge, 'limit_lowered', second * 1000)?.state;
    });
    expect(states).not.toContain('firing');
  });

  it('call a table at its limit nearly full while it evicts, full once it drops, and nearly full again after it', () => {
    const judge = new TableJudge({ peakWindowMs: 60_000 });
    const at = (second: number, drop: number) => {
      judge.addCounters([counterRow({ drop, insert_failed: 0, early_drop: second * 100 })], second * 1000);
      judge.addSample({ atMs: second * 1000, entries: second === 0 ? 500 : LIMIT, limit: LIMIT });
      const { alarms, isDropping, secondsUntilFull } = judge.statusAt(second * 1000);
      return [alarms.get('table_full')?.state, alarms.get('table_nearly_full')?.state, isDropping, secondsUntilFull];
    };
    expect(at(0, 7)).toEqual(['inactive', 'inactive', false, undefined]);
    expect(at(1, 7)).toEqual(['inactive', 'firing', false, 0]);
    expect(at(2, 7)).toEqual(['inactive', 'firing', false, 0]);
    expect(at(3, 8)).toEqual(['firing', 'firing', true, 0]);
    for (let second = 4; second < 66; second += 1) at(second, 8);
    expect(at(66, 8)).toEqual(['inactive', 'firing', false, 0]);
  });

  it('take an agent that has just started on a full table for nearly full until its counters tell', () => {
    const judge = new TableJudge({ peakWindowMs: 60_000 });
    judge.addSample({ atMs: 0, entries: LIMIT, limit: LIMIT });
    expect([alarmOf(judge, 'table_full', 0)?.state, alarmOf(judge, 'table_nearly_full', 0)?.state]).toEqual([
      'inactive',
      'firing',
    ]);
  });

  it('call no table full whose drops came while it had headroom, and give their rate', () => {
    const judge = new TableJudge({ peakWindowMs: 60_000 });
    const states = new Set<string | undefined>();
    for (let second = 0; second < 300; second += 1) {
      judge.addSample({ atMs: second * 1000, entries: 1, limit: 262_144 });
      judge.addCounters([counterRow({ drop: 273 * second, insert_failed: 0, invalid: 273 * second })], second * 1000);
      const { alarms, isDropping, secondsUntilFull } = judge.statusAt(second * 1000);
      states.add(alarms.get('table_full')?.state);
      expect([isDropping, secondsUntilFull === 0]).toEqual([false, false]);
    }
    expect([...states]).toEqual(['inactive']);
    expect(alarmOf(judge, 'drops_below_limit', 300_000)?.state).toBe('firing');
    const { tableFullDrops, dropsByCause } = judge.statusAt(300_000);
    expect(tableFullDrops).toBe(0);
    expect(dropsByCause!.tracker).toBeGreaterThan(290 * 273);
  });

  it('say that the limit was lowered, for an hour', () => {
    const judge = new TableJudge({ peakWindowMs: 60_000 });
    const stateAt = (atMs: number, limit: number) => {
      judge.addSample({ atMs, entries: 10, limit });
      return alarmOf(judge, 'limit_lowered', atMs)?.state;
    };
    const at = [0, 1, 2, 30, 59, 62].map((minute) => stateAt(minute * MINUTE_MS, minute === 0 ? 2000 : 1000));
    expect(at).toEqual(['inactive', 'pending', 'firing', 'firing', 'firing', 'inactive']);
  });

  it('say after five minutes that the table is not seen, and why', () => {
    const judge = new TableJudge({ peakWindowMs: 60_000 });
    const stateAt = (minute: number, reasons: readonly string[]) => {
      judge.addFacts({ noDataReasons: reasons });
      judge.addSample({ atMs: minute * MINUTE_MS, entries: undefined, limit: undefined });
      const status = judge.statusAt(minute * MINUTE_MS);
      return [status.alarms.get('no_data')?.state, status.inputs.noDataReasons];
    };
    const why = ['the entries cannot be read'];
    expect([stateAt(0, why), stateAt(5, why), stateAt(6, []), stateAt(7, [])]).toEqual([
      ['pending', why],
      ['firing', why],
      ['resolving', []],
      ['inactive', []],
    ]);
  });
});

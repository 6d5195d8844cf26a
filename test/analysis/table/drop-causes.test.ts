import { describe, expect, it } from 'vitest';
import { DropCauses } from '../../../src/analysis/table/drop-causes.ts';
import { isShortOfMemory } from '../../../src/model/status.ts';
import { type CounterValues, counterRow } from '../../counter-row.ts';

/** What a second brings: usage at its ten samples, and growth of the counters, which are read at its end. */
type Second = { usage?: number | readonly number[]; isShortOfMemory?: boolean } & CounterValues;

const QUIET: Second = { drop: 0, insert_failed: 0, invalid: 0 };

/** After ten seconds without drops, and with as many as it takes behind them until all causes are clear. */
function causesAfter(seconds: readonly Second[], before: Second = QUIET) {
  const causes = new DropCauses();
  const all = [...Array.from({ length: 10 }, () => before), ...seconds, before, before, before];
  for (const [i, { usage = 0.1, isShortOfMemory: isShort, ...growth }] of all.entries()) {
    for (let tenth = 0; tenth < 10; tenth += 1) {
      const at = typeof usage === 'number' ? usage : usage[tenth]!;
      causes.addUsage(at, i * 1000 + tenth * 100);
    }
    causes.add(counterRow({ drop: 0, insert_failed: 0, ...growth }), i * 1000 + 1000, isShort);
  }
  return causes.totals;
}

const falling = [0.1, 0.5, 1, 0.99, 0.4, 0.1, 0.1, 0.1, 0.1, 0.1];

describe('DropCauses', () => {
  it.each<[string, Second[], object]>([
    ['is a full table at its limit', [{ usage: 1, drop: 50, invalid: 0 }], { table_full: 50 }],
    ['is a full table that evicts down to 95 %', [{ usage: 0.95, drop: 50, invalid: 0 }], { table_full: 50 }],
    ['is a full table above its limit, which was lowered', [{ usage: 1.8, drop: 50 }], { table_full: 50 }],
    ['is a full table for a moment between two readings', [{ usage: falling, drop: 50 }], { table_full: 50 }],
    ['is a full table that was near its limit in the second before', [{ usage: 1 }, { drop: 5 }], { table_full: 5 }],
    [
      'is a full table whose drops were read before its samples were near the limit',
      [{ usage: 0.8, drop: 5 }, { usage: 1 }],
      { table_full: 5 },
    ],
    ['is no full table minutes after one', [{ usage: 1 }, QUIET, QUIET, { drop: 5 }], { unknown: 5 }],
    ['is a tracker where as many packets are invalid', [{ drop: 8322, invalid: 8322 }], { tracker: 8322 }],
    ['is a tracker whose invalid packets come with the next reading', [{ drop: 5 }, { invalid: 5 }], { tracker: 5 }],
    ['is a tracker whose invalid packets came with the one before', [{ invalid: 5 }, { drop: 5 }], { tracker: 5 }],
    ['is a tracker in part', [{ drop: 100, invalid: 60 }], { tracker: 60, unknown: 40 }],
    ['is memory where that is short', [{ drop: 5, isShortOfMemory: true }], { memory: 5 }],
    ['is a tracker also where memory is short', [{ drop: 5, invalid: 5, isShortOfMemory: true }], { tracker: 5 }],
    ['is unknown where nothing shows', [{ drop: 1 }], { unknown: 1 }],
    ['is none for insert failures', [{ drop: 5, insert_failed: 5, invalid: 5 }], {}],
    ['is unknown at 80 %', [{ usage: 0.8, drop: 50 }], { unknown: 50 }],
  ])('%s', (_, seconds, expected) => {
    expect(causesAfter(seconds)).toEqual({ table_full: 0, tracker: 0, memory: 0, unknown: 0, ...expected });
  });

  it('does not take invalid packets that come all the time for the doing of a tracker', () => {
    const busy = { invalid: 1000 };
    expect(causesAfter([{ drop: 50, invalid: 1000 }], busy)).toMatchObject({ tracker: 0, unknown: 50 });
    expect(causesAfter([{ drop: 5000, invalid: 6000 }], busy)).toMatchObject({ tracker: 5000, unknown: 0 });
  });

  it('knows no tracker on a kernel that does not count invalid packets, and nothing without the counters it needs', () => {
    const causes = new DropCauses();
    for (const second of [1, 2, 3, 4, 5]) {
      causes.add(counterRow({ drop: second === 2 ? 9 : 0, insert_failed: 0 }), second * 1000);
    }
    expect(causes.totals).toMatchObject({ unknown: 9, tracker: 0, table_full: 0 });
    const without = new DropCauses();
    expect(without.add(counterRow({ drop: 9, invalid: 9 }), 1000)).toBeUndefined();
    expect([without.totals, without.settledTotals]).toEqual([undefined, undefined]);
  });

  it('settles what still waits when it is asked at the end, and tells what a full table dropped in each step', () => {
    const causes = new DropCauses();
    expect(causes.add(counterRow({ drop: 0, insert_failed: 0 }), 0)).toBe(0);
    expect(causes.add(counterRow({ drop: 4, insert_failed: 0, invalid: 4 }), 1000)).toBe(0);
    expect([causes.totals?.tracker, causes.settledTotals?.tracker]).toEqual([0, 4]);
    causes.addUsage(1, 5000);
    expect(causes.add(counterRow({ drop: 3, insert_failed: 0 }), 5100)).toBe(3);
  });

  it('goes by the limit and not by the time since the last reading: a scrape may come right after one', () => {
    const causes = new DropCauses();
    causes.addUsage(1, 0);
    causes.add(counterRow({ drop: 0, insert_failed: 0 }), 0);
    expect(causes.add(counterRow({ drop: 2, insert_failed: 0 }), 5)).toBe(2);
  });

  it('takes a table for full that was near its limit before a gap in which nothing was read', () => {
    const causes = new DropCauses();
    causes.addUsage(0.98, 0);
    causes.add(counterRow({ drop: 0, insert_failed: 0 }), 0);
    causes.addUsage(0.3, 60_000);
    expect(causes.add(counterRow({ drop: 70, insert_failed: 0 }), 60_000)).toBe(70);
  });
});

describe('isShortOfMemory()', () => {
  it('is where less than 2 % are available', () => {
    expect([19, 20].map((availableBytes) => isShortOfMemory({ totalBytes: 1000, availableBytes }))).toEqual([
      true,
      false,
    ]);
  });
});

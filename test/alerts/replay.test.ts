import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isCritical } from '../../bench/alerts/alarms.ts';
import { type Contender, direct, type FirstAlert, ours } from '../../bench/alerts/contenders.ts';
import { CORPUS } from '../../bench/alerts/corpus.ts';
import { HELD_OUT_CORPUS } from '../../bench/alerts/held-out-corpus.ts';
import { KernelTable } from '../../bench/alerts/kernel-table.ts';
import { replay, replayAlarms } from '../../bench/alerts/replay.ts';
import { requirementLines, shortcomings } from '../../bench/alerts/requirements.ts';
import { leadOf, type Outcome, scoreOf } from '../../bench/alerts/score.ts';
import { LEAD_IN, path, wave } from '../../bench/alerts/shapes.ts';
import type { Deserved, Trace } from '../../bench/alerts/trace.ts';
import { needs } from '../needs.ts';

const traceOf = (name: string) => CORPUS.find((trace) => trace.name === name)!;

/** Demand and limit in each second. */
function walk({ at, seconds }: Trace): number[] {
  const moments = Array.from({ length: seconds + 1 }, (_, second) => at(second));
  return moments.flatMap(({ demand, limit }) => [Math.round(demand), limit]);
}

describe('CORPUS', () => {
  // What the requirements say of it was agreed on these values: a new shape gets a trace of its own.
  it('has the values the alarms were tuned on', () => {
    const hash = createHash('sha256');
    for (const trace of CORPUS) hash.update(`${trace.name} ${trace.deserves} ${trace.risesAt} ${walk(trace)}\n`);
    expect(hash.digest('hex')).toBe('f9a28a12ca0a04573c9c4459a42d5b420df2ff38dcfa289407190bdf8da33d55');
  });
});

describe('HELD_OUT_CORPUS', () => {
  it('has at least 32 traces, half of them harmless', () => {
    expect(HELD_OUT_CORPUS.length).toBeGreaterThanOrEqual(32);
    const healthy = HELD_OUT_CORPUS.filter(({ deserves }) => deserves === 'nothing');
    expect(healthy.length).toBe(HELD_OUT_CORPUS.length / 2);
  });
});

describe('the traces of both corpora', () => {
  const all = [...CORPUS, ...HELD_OUT_CORPUS];

  it('have names of their own', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  it('are the same each time they are walked', () => {
    for (const name of ['ramp of 2 min', 'limit lowered, still room']) {
      const trace = traceOf(name);
      expect(walk(trace), name).toEqual(walk(trace));
    }
  });

  it('have a full table that drops packets where they deserve a page, and nowhere else', () => {
    for (const trace of all) {
      const table = new KernelTable(trace.countersFrom);
      const stepMs = trace.sampleMs ?? 100;
      let firstDropAt: number | undefined;
      for (let atMs = 0; atMs <= trace.seconds * 1000 && firstDropAt === undefined; atMs += stepMs) {
        table.step(trace.at(atMs / 1000), stepMs / 1000);
        if (table.tableFullDrops > 0) firstDropAt = atMs / 1000;
      }
      expect(firstDropAt !== undefined, trace.name).toBe(trace.deserves === 'page');
      if (trace.risesAt !== undefined) expect(firstDropAt, trace.name).toBeGreaterThan(trace.risesAt);
    }
  });
});

describe('wave() and path()', () => {
  it('are level before they begin, reach their top and stay there or come back', () => {
    const shape = { from: 0.4, top: 0.8, seconds: 100, form: 'S-shaped', end: 'decays' } as const;
    const level = wave(shape);
    expect([0, LEAD_IN, LEAD_IN + 50, LEAD_IN + 100].map(level)).toEqual([0.4, 0.4, 0.6000000000000001, 0.8]);
    expect(level(LEAD_IN + 400)).toBeLessThan(0.56);
    expect(wave({ ...shape, end: 'stays' })(LEAD_IN + 400)).toBe(0.8);
    expect([0, 10, 15, 20, 30].map(path([10, 1], [20, 2]))).toEqual([1, 1, 1.5, 2, 2]);
  });
});

describe('KernelTable', () => {
  it('drops what there is no entry for, swings between 95 and 100 %, and counts in 32 bits', () => {
    const table = new KernelTable(2 ** 32 - 5);
    const seen = Array.from({ length: 600 }, () => {
      table.step({ demand: 2000, limit: 1000 }, 0.1);
      return table.entries;
    });
    expect([Math.min(...seen), Math.max(...seen)]).toEqual([950, 1000]);
    expect(table.tableFullDrops).toBeGreaterThan(5);
    expect(table.counters()[1]!.get('drop')).toBe(table.tableFullDrops - 5);
  });

  it('counts races, long chains and invalid packets as the kernel does', () => {
    const table = new KernelTable();
    table.step({ demand: 1, limit: 9, racesPerSecond: 20, chainTooLongPerSecond: 30, invalidPerSecond: 40 }, 1);
    expect(Object.fromEntries(table.counters()[1]!)).toEqual({
      drop: 20,
      insert_failed: 50,
      chainlength: 30,
      early_drop: 0,
      invalid: 40,
    });
    expect(table.lost).toBe(50);
  });
});

describe('replayAlarms()', () => {
  it('sees the alarms that a replay with scrapes sees, and how often each was raised', async () => {
    const trace = traceOf('five-second bursts to 100 %');
    const { raisedAt, raisedTimes, firstLossAt } = await replay(trace);
    expect(replayAlarms(trace)).toEqual({ trace, raisedAt, raisedTimes, firstLossAt });
    // Bursts come every six minutes, and the alarm clears in between.
    const critical = [...raisedTimes].filter(([name]) => isCritical(name)).map(([, times]) => times);
    expect(Math.max(...critical)).toBeGreaterThan(2);
  });
});

describe('scores and requirements', () => {
  const outcome = (name: string, deserves: Deserved, firstLossAt?: number, risesAt?: number): Outcome => ({
    trace: {
      name,
      deserves,
      seconds: 9000,
      at: () => ({ demand: 0, limit: 1 }),
      ...(risesAt !== undefined && { risesAt }),
    },
    firstLossAt,
  });
  const at = (...seconds: readonly (number | undefined)[]): (FirstAlert | undefined)[] =>
    seconds.map((atSeconds) => (atSeconds === undefined ? undefined : { atSeconds, times: 1 }));
  const contender = (alerts: Contender['alerts'], pages: Contender['pages']): Contender => ({
    name: 'x',
    fedWith: 'y',
    alerts,
    pages,
  });
  const outcomes = [
    outcome('ramp', 'page', 2000, 1000),
    outcome('race', 'ticket', 700),
    outcome('handful', 'nothing', 700),
    outcome('wave', 'nothing'),
  ];

  it('are all met by alerts in time', () => {
    const good = contender(at(1100, 1200, undefined, undefined), at(1800, undefined, undefined, undefined));
    const seen = { corpus: 'tuning', outcomes, prometheus: good, direct: good, others: [] } as const;
    expect(scoreOf(good, outcomes)).toMatchObject({ losses: 2, missed: 0, leads: [900], pageLeads: [200] });
    expect(shortcomings([seen])).toEqual([]);
    expect(requirementLines([seen]).join('\n')).not.toContain('not met');
  });

  it('name the trace on which an alert was late, missing or undeserved, and the way it took', () => {
    const good = contender(at(1100, 1200, undefined, undefined), at(1800, undefined, undefined, undefined));
    const bad = contender(at(1900, 1700, 800, 900), at(1900, undefined, undefined, 900));
    expect(scoreOf(bad, outcomes)).toMatchObject({ missed: 1, undeservedPages: 1, undeservedTickets: 1 });
    const seen = { corpus: 'held-out', outcomes, prometheus: good, direct: bad, others: [] } as const;
    expect(shortcomings([seen])).toEqual([
      'held-out corpus, direct: race: a loss was missed',
      'held-out corpus, direct: wave: an undeserved page',
      'held-out corpus, direct: ramp: paged 1 min 40 s ahead',
      'held-out corpus, direct: ramp: alerted 1 min 40 s ahead',
    ]);
  });
});

describe('the rules and the agent, replayed', () => {
  it('page for a one-second burst, warn of a ramp, and leave a busy node alone', async (context) => {
    needs(context, 'promtool');
    const names = ['one-second bursts to 100 %', 'ramp of 8 min', 'busy but stable at 85 %, small table'];
    const replays = await Promise.all(names.map((name) => replay(traceOf(name))));
    for (const contender of [await ours(replays), direct(replays)]) {
      const leads = replays.map((replayed, i) => leadOf(contender.alerts[i], replayed));
      expect(leads[0]).toBeGreaterThan(-20);
      expect(leads[1]).toBeGreaterThan(300);
      expect(contender.alerts[2]).toBeUndefined();
    }
  }, 180_000);
});

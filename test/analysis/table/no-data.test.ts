import { describe, expect, it } from 'vitest';
import { NoData, type NoDataFacts } from '../../../src/analysis/table/no-data.ts';
import { DEFAULT_THRESHOLDS } from '../../../src/model/alarms/thresholds.ts';

const up = (source: string) => ({ source, up: true });
const broken = (source: string) => ({ source, up: false, problem: new Error('Cannot') });
const absent = (source: string) => ({ source, up: false });

const WELL: NoDataFacts = {
  inHostNetns: true,
  sources: [up('entries'), up('limit'), up('counters')],
  sampleLagMs: 0,
  silentMs: 100,
};

/** The reasons after each of these facts. */
function reasonsOf(...facts: readonly Partial<NoDataFacts>[]): string[][] {
  const noData = new NoData();
  return facts.map((one) => noData.reasons({ ...WELL, ...one }, DEFAULT_THRESHOLDS));
}

describe('NoData', () => {
  it.each<[string, Partial<NoDataFacts>, string[]]>([
    ['has no reason where the table is seen', {}, []],
    ['has none where nothing can tell the namespace', { inHostNetns: undefined }, []],
    ['has none before the first sample', { sampleLagMs: undefined }, []],
    [
      'has none where the module is not loaded',
      { sources: [absent('entries'), absent('limit'), absent('counters')] },
      [],
    ],
    ['has none where the kernel never had counters', { sources: [up('entries'), up('limit'), absent('counters')] }, []],
    ['has none where counters could never be read', { sources: [up('entries'), up('limit'), broken('counters')] }, []],
    ['tells of another namespace', { inHostNetns: false }, ['wrong network namespace']],
    [
      'tells of entries that cannot be read',
      { sources: [broken('entries'), up('limit')] },
      ['the entries cannot be read'],
    ],
    ['tells of a limit that is gone', { sources: [up('entries'), absent('limit')] }, ['the limit cannot be read']],
    ['tells of a sample that was late', { sampleLagMs: 2001 }, ['samples are late']],
    ['tells of a sampler that is silent', { silentMs: 2001 }, ['samples are late']],
    ['tells of no sample that is just in time', { sampleLagMs: 2000, silentMs: 2000 }, []],
    [
      'tells everything at once',
      { inHostNetns: false, sources: [broken('entries'), broken('limit')], silentMs: 9000 },
      ['wrong network namespace', 'the entries cannot be read', 'the limit cannot be read', 'samples are late'],
    ],
  ])('%s', (_, facts, reasons) => {
    expect(reasonsOf(facts)).toEqual([reasons]);
  });

  it('tells of counters that could be read once and cannot any more, until they return', () => {
    const without = { sources: [up('entries'), up('limit'), broken('counters')] };
    expect(reasonsOf({}, without, without, {})).toEqual([
      [],
      ['the counters cannot be read any more'],
      ['the counters cannot be read any more'],
      [],
    ]);
  });

  it('takes the time that a sample may be late from the thresholds', () => {
    const thresholds = { ...DEFAULT_THRESHOLDS, sampleLagMs: 10_000 };
    expect(new NoData().reasons({ ...WELL, sampleLagMs: 9000 }, thresholds)).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { StateChangeLog } from '../../src/agent/state-change-log.ts';
import { TableJudge } from '../../src/analysis/table/table-judge.ts';
import type { SourceReport } from '../../src/model/reading.ts';
import { collectedLog } from '../web/collected-log.ts';

const up: SourceReport = { source: 'limit', via: 'sysctl', up: true, durationSeconds: 0 };
const OTHER: SourceReport = { ...up, source: 'entries' };
const absent: SourceReport = { ...up, up: false };
const broken = (message: string): SourceReport => ({ ...absent, problem: new Error(message) });

/** Messages logged for a series of reports on one source. */
function saidOf(reports: readonly SourceReport[]): string[] {
  const { log, lines } = collectedLog();
  const changes = new StateChangeLog(log);
  for (const report of reports) changes.sources([OTHER, report]);
  return lines.map(({ level, message }) => `${level}: ${message}`).filter((line) => !line.includes('entries'));
}

describe('StateChangeLog', () => {
  it.each<[string, SourceReport[], string[]]>([
    ['says once that a source is there', [up, up, up], ['info: source found: limit']],
    [
      'says once that it broke, and once that it recovered',
      [up, broken('x'), broken('x'), up, up],
      ['info: source found: limit', 'error: source is broken: limit', 'info: source recovered: limit'],
    ],
    [
      'says it again when it is broken in another way',
      [broken('x'), broken('y')],
      ['error: source is broken: limit', 'error: source is broken: limit'],
    ],
    [
      'says once that it is absent',
      [absent, absent],
      ['warn: source is absent: limit; its series stay absent until it appears'],
    ],
  ])('%s', (_, reports, said) => {
    expect(saidOf(reports)).toEqual(said);
  });

  it('says in one line that nothing is there, and which sources come back', () => {
    const { log, lines } = collectedLog();
    const changes = new StateChangeLog(log);
    for (const isUp of [false, false, true])
      changes.sources([
        { ...OTHER, up: isUp },
        { ...up, up: isUp },
      ]);
    expect(lines.map(({ message }) => message)).toEqual([
      expect.stringContaining('the module is not loaded'),
      'source recovered: entries',
      'source recovered: limit',
    ]);
  });

  it('says once that an alarm fires, with the numbers, and once that it has ended', () => {
    const { log, lines } = collectedLog();
    const changes = new StateChangeLog(log);
    const judge = new TableJudge({ peakWindowMs: 60_000 });
    judge.addCounters(undefined, 0); // The kernel counts no drops.
    for (let atMs = 0; atMs <= 90_000; atMs += 1000) {
      judge.addSample({ atMs, entries: atMs < 5000 ? 100 : 10, limit: 100 });
      changes.alarms(judge.statusAt(atMs));
    }
    const tableFull = lines.filter(({ message }) => message.includes('table_full'));
    expect(tableFull.map(({ level, message }) => [level, message])).toEqual([
      ['warn', 'alarm fires: table_full'],
      ['info', 'alarm has ended: table_full'],
    ]);
    expect(tableFull[0]!.fields).toMatchObject({ entries: 100, limit: 100, secondsUntilFull: '0' });
    expect(tableFull[0]!.fields).not.toHaveProperty('reasons');
  });

  it('says why there is no data', () => {
    const { log, lines } = collectedLog();
    const changes = new StateChangeLog(log);
    const judge = new TableJudge({ peakWindowMs: 60_000 });
    judge.addFacts({ noDataReasons: ['wrong network namespace'] });
    for (const atMs of [0, 300_000]) {
      judge.addSample({ atMs, entries: 1, limit: 100 });
      changes.alarms(judge.statusAt(atMs));
    }
    expect(lines.map(({ message }) => message)).toEqual(['alarm fires: no_data']);
    expect(lines[0]!.fields).toMatchObject({ reasons: ['wrong network namespace'] });
  });
});

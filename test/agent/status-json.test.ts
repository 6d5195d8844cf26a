import { describe, expect, it } from 'vitest';
import { historyJson, statusJson } from '../../src/agent/status-json.ts';
import { History } from '../../src/analysis/table/history.ts';
import { DEFAULT_THRESHOLDS } from '../../src/model/alarms/thresholds.ts';
import { OperatorError } from '../../src/model/operator-error.ts';
import type { Reading, SourceReport } from '../../src/model/reading.ts';
import type { AlarmStatus, Status } from '../../src/model/status.ts';
import { sample, status } from '../analysis/watched.ts';

const UP: SourceReport = { source: 'entries', via: 'procfs', up: true, durationSeconds: 0.001 };

function jsonOf(changes: Partial<Status> = {}, sources: readonly SourceReport[] = [UP]) {
  const judged = { ...status(60), ...changes };
  const reading = {
    atMs: judged.atMs,
    entries: judged.entries,
    limit: judged.limit,
    buckets: 50,
    counters: undefined,
    timeouts: [],
    sources,
  } satisfies Partial<Reading> as unknown as Reading;
  return statusJson({
    node: 'node-1',
    build: { version: '1.2.3', revision: 'abc', nodeVersion: 'v26' },
    state: { reading, status: judged, wallMs: Date.UTC(2030, 0, 1) },
    history: new History(),
    peakWindowMs: 60_000,
    thresholds: DEFAULT_THRESHOLDS,
    facts: { inHostNetns: true, datapath: undefined },
  });
}

const firing = (state: AlarmStatus['state'], firingSinceMs: number): AlarmStatus => ({
  state,
  firingSinceMs,
  raised: 1,
});

describe('statusJson()', () => {
  it('has the node, the version and the numbers of the table', () => {
    expect(jsonOf()).toMatchObject({
      version: 1,
      node: 'node-1',
      at: '2030-01-01T00:00:00.000Z',
      agent: { version: '1.2.3', revision: 'abc' },
      table: { entries: 1, limit: 100, buckets: 50, usage: 0.01, peak: 1, peakWindowSeconds: 60 },
      flowSample: { state: 'off' },
      newFlows: { state: 'off' },
    });
  });

  it('writes null for a table that never fills, since JSON has no infinity', () => {
    expect(jsonOf().table.secondsUntilFull).toBeNull();
    expect(jsonOf({ secondsUntilFull: 90 }).table.secondsUntilFull).toBe(90);
  });

  it('lists active alarms, the worst first, and marks one that resolves', () => {
    const alarms = new Map([
      ['no_data', firing('resolving', 0)],
      ['table_full', firing('firing', 30_000)],
      ['table_high', firing('pending', 0)],
    ] as const);
    expect(jsonOf({ alarms }).alarms).toMatchObject([
      { alarm: 'table_full', severity: 'critical', forSeconds: 30, isResolving: false },
      { alarm: 'no_data', severity: 'warning', forSeconds: 60, isResolving: true },
    ]);
  });

  it('gives the reason and the remedy of a source that is broken', () => {
    const problem = new OperatorError('Cannot read "x": permission denied', { remedy: 'Run as root' });
    const { sources } = jsonOf({}, [UP, { ...UP, source: 'limit', up: false, problem }]);
    expect(sources[1]).toMatchObject({
      source: 'limit',
      up: false,
      problem: { message: 'Cannot read "x": permission denied', remedy: 'Run as root' },
    });
  });
});

describe('historyJson()', () => {
  it('writes null for a second without a sample', () => {
    const history = new History();
    history.addSample(sample(10, 5));
    history.addSample(sample(12, 7));
    const json = historyJson({ node: 'node-1', history, seconds: 60, nowMs: 12_999, wallMs: 0 });
    expect(json).toMatchObject({ endSecond: 12, resolutionSeconds: 1, entries: [5, null, 7], limit: [100, null, 100] });
  });
});

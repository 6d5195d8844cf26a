import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DASHBOARDS } from '../../dashboards/generate.ts';
import { TableJudge } from '../../src/analysis/table/table-judge.ts';
import { Exposition } from '../../src/metrics/exposition.ts';
import { ALARM_ROWS, type AlarmId } from '../../src/model/alarms/alarms.ts';
import { DEFAULT_THRESHOLDS, type Thresholds } from '../../src/model/alarms/thresholds.ts';
import type { AlarmStatus, Status } from '../../src/model/status.ts';
import { publicationWith, seriesOf } from './publication.ts';

const RULES = readFileSync(new URL('../../alerts/conntrack.rules.yaml', import.meta.url), 'utf8');

const alarm = (state: AlarmStatus['state'], raised = 0): AlarmStatus => ({ state, firingSinceMs: undefined, raised });
const statusWith = (alarms: Partial<Record<AlarmId, AlarmStatus>>): Status => ({
  ...publicationWith().status,
  alarms: new Map(Object.entries(alarms)) as Map<AlarmId, AlarmStatus>,
});
const active = (status: Status) => seriesOf('conntrack_alarm_active', { status });
const raised = (status: Status) => seriesOf('conntrack_alarm_raised_total', { status });

describe('the series of alarms', () => {
  it.each([
    ['inactive', 0],
    ['pending', 0],
    ['firing', 1],
    ['resolving', 1],
  ] as const)('show an alarm that is %s as %d', (state, value) => {
    expect(active(statusWith({ table_full: alarm(state) }))).toEqual([
      { labels: { alarm: 'table_full', severity: 'critical' }, value },
    ]);
  });

  it('count how often an alarm began to fire, with the severity of the table of alarms', () => {
    const status = statusWith({ table_full: alarm('inactive', 3), insert_failures: alarm('firing', 1) });
    expect(raised(status)).toEqual([
      { labels: { alarm: 'table_full', severity: 'critical' }, value: 3 },
      { labels: { alarm: 'insert_failures', severity: 'warning' }, value: 1 },
    ]);
  });

  it('leave out what cannot be judged', () => {
    expect([active(statusWith({})), raised(statusWith({}))]).toEqual([[], []]);
  });

  it('have one for each alarm where all can be judged', () => {
    const status = statusWith(Object.fromEntries(ALARM_ROWS.map(({ id }) => [id, alarm('inactive')])));
    expect(active(status).map(({ labels }) => labels['alarm'])).toEqual(ALARM_ROWS.map(({ id }) => id));
  });
});

/** A status of a node whose cloud has, or has not, an allowance. */
const cloud = { devices: [], available: undefined, growthPerSecond: undefined, secondsUntilExceeded: undefined };
const ofCloud = { ...publicationWith().status, cloud: { ...cloud, dropped: undefined, droppedLastMinute: undefined } };
const thresholdSeries = (thresholds: Thresholds, status: Status) =>
  seriesOf('conntrack_alarm_threshold', { thresholds, status });

describe('the series of thresholds', () => {
  const labelsOf = (series: ReturnType<typeof thresholdSeries>) => series.map(({ labels }) => labels['threshold']);

  it('have what rules and dashboards compare with, whatever its value', () => {
    const texts = [RULES, ...DASHBOARDS.map(({ json }) => json())].join();
    const used = [...texts.matchAll(/conntrack_alarm_threshold\{threshold=\\?["']+(\w+)/g)].map(([, label]) => label);
    expect(labelsOf(thresholdSeries(DEFAULT_THRESHOLDS, ofCloud)).sort()).toEqual([...new Set(used)].sort());
  });

  it('have each threshold that was changed, in base units', () => {
    const series = thresholdSeries({ ...DEFAULT_THRESHOLDS, timeToActMs: 600_000, highUsage: 0.8 }, ofCloud);
    expect(series).toHaveLength(thresholdSeries(DEFAULT_THRESHOLDS, ofCloud).length + 1);
    expect(series).toContainEqual({ labels: { threshold: 'time_to_act_seconds' }, value: 600 });
    expect(series).toContainEqual({ labels: { threshold: 'high_usage' }, value: 0.8 });
  });

  it('leave out those of the cloud on a node without one', () => {
    const names = labelsOf(thresholdSeries(DEFAULT_THRESHOLDS, publicationWith().status));
    expect(names).toHaveLength(thresholdSeries(DEFAULT_THRESHOLDS, ofCloud).length);
    expect(names).not.toContain('cloud_allowance_available');
  });
});

describe('the exposition of alarms', () => {
  const judge = new TableJudge({ peakWindowMs: 60_000 });
  const exposition = new Exposition();
  const thresholds = { ...DEFAULT_THRESHOLDS, highUsage: 0.8 };

  /** The series whose names begin with this, after one more sample. */
  async function seriesAfter(atMs: number, entries: number | undefined, prefix: string): Promise<string[]> {
    const reading = { atMs, entries, limit: 100, buckets: 50, timeouts: [], counters: undefined, sources: [] };
    judge.addSample(reading);
    const shown = publicationWith({ reading, status: judge.statusAt(atMs), thresholds });
    const { body } = await exposition.render(shown, 'text');
    return body.split('\n').filter((line) => line.startsWith(prefix));
  }

  it('has the series of an alarm for as long as it can be judged, and keeps its count', async () => {
    const full = 'conntrack_alarm_active{alarm="table_full",severity="critical"}';
    const raised = 'conntrack_alarm_raised_total{alarm="table_full",severity="critical"}';
    judge.addCounters(undefined, 0); // The kernel counts no drops.
    expect(await seriesAfter(0, 100, full)).toEqual([`${full} 1`]);
    expect(await seriesAfter(1000, undefined, full)).toEqual([]);
    expect(await seriesAfter(2000, undefined, raised)).toEqual([]);
    expect(await seriesAfter(3000, 100, raised)).toEqual([`${raised} 1`]);
  });

  it('has the thresholds of this agent, whatever can be judged', async () => {
    const threshold = 'conntrack_alarm_threshold{threshold="high_usage"}';
    expect(await seriesAfter(4000, undefined, threshold)).toEqual([`${threshold} 0.8`]);
  });
});

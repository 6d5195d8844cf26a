import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DASHBOARDS } from '../../dashboards/generate.ts';
import { TableJudge } from '../../src/analysis/table/table-judge.ts';
import { alarmSeries, thresholdSeries } from '../../src/metrics/alarm-families.ts';
import { Exposition } from '../../src/metrics/exposition.ts';
import { ALARM_ROWS, type AlarmId } from '../../src/model/alarms/alarms.ts';
import { DEFAULT_THRESHOLDS } from '../../src/model/alarms/thresholds.ts';
import type { AlarmStatus } from '../../src/model/status.ts';

const RULES = readFileSync(new URL('../../alerts/conntrack.rules.yaml', import.meta.url), 'utf8');

const alarm = (state: AlarmStatus['state'], raised = 0): AlarmStatus => ({ state, firingSinceMs: undefined, raised });
const alarms = (given: Partial<Record<AlarmId, AlarmStatus>>) =>
  new Map(Object.entries(given)) as Map<AlarmId, AlarmStatus>;

describe('alarmSeries()', () => {
  it.each([
    ['inactive', 0],
    ['pending', 0],
    ['firing', 1],
    ['resolving', 1],
  ] as const)('shows an alarm that is %s as %d', (state, value) => {
    expect(alarmSeries(alarms({ table_full: alarm(state) })).active).toEqual([
      { labels: { alarm: 'table_full', severity: 'critical' }, value },
    ]);
  });

  it('counts how often an alarm began to fire, with the severity of the table of alarms', () => {
    const { raised } = alarmSeries(alarms({ table_full: alarm('inactive', 3), insert_failures: alarm('firing', 1) }));
    expect(raised).toEqual([
      { labels: { alarm: 'table_full', severity: 'critical' }, value: 3 },
      { labels: { alarm: 'insert_failures', severity: 'warning' }, value: 1 },
    ]);
  });

  it('leaves out what cannot be judged', () => {
    expect(alarmSeries(new Map())).toEqual({ active: [], raised: [] });
  });

  it('has a series for each alarm where all can be judged', () => {
    const all = alarms(Object.fromEntries(ALARM_ROWS.map(({ id }) => [id, alarm('inactive')])));
    expect(alarmSeries(all).active.map(({ labels }) => labels.alarm)).toEqual(ALARM_ROWS.map(({ id }) => id));
  });
});

describe('thresholdSeries()', () => {
  const labelsOf = (series: ReturnType<typeof thresholdSeries>) => series.map(({ labels }) => labels.threshold);

  it('has what rules and dashboards compare with, whatever its value', () => {
    const texts = [RULES, ...DASHBOARDS.map(({ json }) => json())].join();
    const used = [...texts.matchAll(/conntrack_alarm_threshold\{threshold=\\?["']+(\w+)/g)].map(([, label]) => label);
    expect(labelsOf(thresholdSeries(DEFAULT_THRESHOLDS, true)).sort()).toEqual([...new Set(used)].sort());
  });

  it('has each threshold that was changed, in base units', () => {
    const series = thresholdSeries({ ...DEFAULT_THRESHOLDS, timeToActMs: 600_000, highUsage: 0.8 }, true);
    expect(series).toHaveLength(thresholdSeries(DEFAULT_THRESHOLDS, true).length + 1);
    expect(series).toContainEqual({ labels: { threshold: 'time_to_act_seconds' }, value: 600 });
    expect(series).toContainEqual({ labels: { threshold: 'high_usage' }, value: 0.8 });
  });
});

describe('thresholdSeries() of a node without a cloud', () => {
  it('leaves out what belongs to the cloud alone', () => {
    const names = thresholdSeries(DEFAULT_THRESHOLDS, false).map(({ labels }) => labels.threshold);
    expect(names).toHaveLength(thresholdSeries(DEFAULT_THRESHOLDS, true).length);
    expect(names).not.toContain('cloud_allowance_available');
  });
});

describe('the exposition of alarms', () => {
  const judge = new TableJudge({ peakWindowMs: 60_000 });
  const exposition = new Exposition(
    { version: '1', revision: 'a', nodeVersion: 'v20' },
    { ...DEFAULT_THRESHOLDS, highUsage: 0.8 },
  );

  /** The series whose names begin with this, after one more sample. */
  async function seriesAfter(atMs: number, entries: number | undefined, prefix: string): Promise<string[]> {
    const reading = { atMs, entries, limit: 100, buckets: 50, timeouts: [], counters: undefined, sources: [] };
    judge.addSample(reading);
    const agent = { inHostNetns: true, samples: 1, sampleLagSeconds: 0 };
    const process = {
      cpuSeconds: 0,
      residentBytes: 1,
      heapLimitBytes: 50_331_648,
      startTimeSeconds: 1,
      openDescriptors: 1,
      maxDescriptors: undefined,
    };
    const { body } = await exposition.render({ reading, status: judge.statusAt(atMs), agent, process }, 'text');
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

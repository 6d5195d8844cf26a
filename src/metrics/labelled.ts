import { ALARM_ROWS } from '../model/alarms.ts';
import type { Reading, SourceReport } from '../model/reading.ts';
import { isFiring, type Status } from '../model/status.ts';
import { THRESHOLD_ENTRIES, type Thresholds, thresholdLabel, thresholdValue } from '../model/thresholds.ts';
import type { Series } from './family.ts';

export const TIMEOUT = {
  name: 'conntrack_timeout_seconds',
  type: 'gauge',
  labels: ['protocol', 'state'],
  help: 'Configured time without a packet after which an entry of this protocol and state is removed',
} as const;

export function timeoutSeries(timeouts: Reading['timeouts']): Series<'protocol' | 'state'>[] {
  return timeouts.map(({ protocol, state, seconds }) => ({ labels: { protocol, state }, value: seconds }));
}

export const ALARM_ACTIVE = {
  name: 'conntrack_alarm_active',
  type: 'gauge',
  labels: ['alarm', 'severity'],
  help: '1 while this alarm fires, 0 while it does not; absent while it cannot be judged',
} as const;

export const ALARM_RAISED = {
  name: 'conntrack_alarm_raised_total',
  type: 'counter',
  labels: ['alarm', 'severity'],
  help: 'Times this alarm began to fire, those between two scrapes included',
} as const;

export const ALARM_THRESHOLD = {
  name: 'conntrack_alarm_threshold',
  type: 'gauge',
  labels: ['threshold'],
  help: 'Thresholds of the alarms, as --alarm.* sets them',
} as const;

/** No series of an alarm that cannot be judged: an agent that sees nothing must not look as if all were well. */
export function alarmSeries(alarms: Status['alarms']): Record<'active' | 'raised', Series<'alarm' | 'severity'>[]> {
  const known = ALARM_ROWS.flatMap(({ id, severity }) => {
    const alarm = alarms.get(id);
    return alarm === undefined ? [] : [{ labels: { alarm: id, severity }, alarm }];
  });
  return {
    active: known.map(({ labels, alarm }) => ({ labels, value: Number(isFiring(alarm)) })),
    raised: known.map(({ labels, alarm }) => ({ labels, value: alarm.raised })),
  };
}

export function thresholdSeries(thresholds: Thresholds): Series<'threshold'>[] {
  return THRESHOLD_ENTRIES.map(([key, row]) => {
    return { labels: { threshold: thresholdLabel(row) }, value: thresholdValue(row, thresholds[key]) };
  });
}

export const SOURCE_UP = {
  name: 'conntrack_agent_source_up',
  type: 'gauge',
  labels: ['source', 'via'],
  help: '1 when this part of the last reading could be had this way',
} as const;

export function sourceUpSeries(sources: readonly SourceReport[]): Series<'source' | 'via'>[] {
  return sources.map(({ source, via, up }) => ({ labels: { source, via }, value: up ? 1 : 0 }));
}

export const SOURCE_DURATION = {
  name: 'conntrack_agent_source_duration_seconds',
  type: 'gauge',
  labels: ['source'],
  help: 'Time the last reading of this source took',
} as const;

/** A source asked in two ways took the time of both. */
export function sourceDurationSeries(sources: readonly SourceReport[]): Series<'source'>[] {
  const seconds = new Map<string, number>();
  for (const { source, durationSeconds } of sources) seconds.set(source, (seconds.get(source) ?? 0) + durationSeconds);
  return Array.from(seconds, ([source, value]) => ({ labels: { source }, value }));
}

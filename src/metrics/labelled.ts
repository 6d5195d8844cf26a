import type { Reading, SourceReport } from '../host/reading.ts';
import type { Status } from '../judge/table-judge.ts';
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
  labels: ['alarm'],
  help: "1 while the agent's own judgement has this alarm raised",
} as const;

/** No series without a judgement: an agent that is blind must not look quiet. */
export function alarmSeries(alarms: Status['alarms']): Series<'alarm'>[] {
  return [...(alarms ?? [])].map(([alarm, { isRaised }]) => ({ labels: { alarm }, value: Number(isRaised) }));
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

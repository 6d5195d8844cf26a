import { ALARM_ROWS } from '../model/alarms/alarms.ts';
import {
  THRESHOLD_ENTRIES,
  type ThresholdKey,
  type Thresholds,
  thresholdLabel,
  thresholdValue,
} from '../model/alarms/thresholds.ts';
import { isFiring, type Status } from '../model/status.ts';
import type { Series } from './family.ts';

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
  help: 'Thresholds of the alarms, as --alarm.* sets them: those that rules and dashboards use, and others where they are not the default',
} as const;

/** An alarm that cannot be judged has no series: an agent without data must not look like a healthy node. */
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

/** What rules and dashboards compare with: these have a series on every node. A test holds it against their expressions. */
const ALWAYS: ReadonlySet<ThresholdKey> = new Set(['highUsage', 'nearlyFullUsage', 'entriesPerBucket', 'sampleLagMs']);

/** Of the other thresholds those that an operator has changed: the defaults are the same on every node. Without those of what this node does not have. */
export function thresholdSeries(thresholds: Thresholds, hasCloud: boolean): Series<'threshold'>[] {
  return THRESHOLD_ENTRIES.filter(([, row]) => hasCloud || row.of !== 'cloud')
    .filter(([key, { fallback }]) => ALWAYS.has(key) || thresholds[key] !== fallback)
    .map(([key, row]) => ({ labels: { threshold: thresholdLabel(row) }, value: thresholdValue(row, thresholds[key]) }));
}

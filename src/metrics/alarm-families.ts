import { ALARM_ROWS } from '../model/alarms/alarms.ts';
import {
  THRESHOLD_ENTRIES,
  type ThresholdKey,
  type Thresholds,
  thresholdLabel,
  thresholdValue,
} from '../model/alarms/thresholds.ts';
import { type AlarmStatus, isFiring, type Status } from '../model/status.ts';
import { type Family, family, type Series } from './family.ts';

export const ALARM_FAMILIES: readonly Family[] = [
  family({
    name: 'conntrack_alarm_active',
    type: 'gauge',
    help: '1 while this alarm fires, 0 while it does not; absent while it cannot be judged',
    labels: ['alarm', 'severity'],
    series: ({ status }) => alarmSeries(status, (alarm) => Number(isFiring(alarm))),
  }),
  family({
    name: 'conntrack_alarm_raised_total',
    type: 'counter',
    help: 'Times this alarm began to fire, those between two scrapes included',
    labels: ['alarm', 'severity'],
    series: ({ status }) => alarmSeries(status, ({ raised }) => raised),
  }),
  family({
    name: 'conntrack_alarm_threshold',
    type: 'gauge',
    help: 'Thresholds of the alarms, as --alarm.* sets them: those that rules and dashboards use, and others where they are not the default',
    labels: ['threshold'],
    series: ({ status, thresholds }) => thresholdSeries(thresholds, status.cloud !== undefined),
  }),
];

/** An alarm that cannot be judged has no series: an agent without data must not look like a healthy node. */
function alarmSeries(
  { alarms }: Pick<Status, 'alarms'>,
  show: (alarm: AlarmStatus) => number,
): Series<'alarm' | 'severity'>[] {
  return ALARM_ROWS.flatMap(({ id, severity }) => {
    const alarm = alarms.get(id);
    return alarm === undefined ? [] : [{ labels: { alarm: id, severity }, value: show(alarm) }];
  });
}

/** What rules and dashboards compare with: these have a series on every node. A test holds it against their expressions. */
const ALWAYS: ReadonlySet<ThresholdKey> = new Set(['highUsage', 'nearlyFullUsage', 'entriesPerBucket', 'sampleLagMs']);

/** Of the other thresholds those that an operator has changed: the defaults are the same on every node. Without those of what this node does not have. */
function thresholdSeries(thresholds: Thresholds, hasCloud: boolean): Series<'threshold'>[] {
  return THRESHOLD_ENTRIES.filter(([, row]) => hasCloud || row.of !== 'cloud')
    .filter(([key, { fallback }]) => ALWAYS.has(key) || thresholds[key] !== fallback)
    .map(([key, row]) => ({ labels: { threshold: thresholdLabel(row) }, value: thresholdValue(row, thresholds[key]) }));
}

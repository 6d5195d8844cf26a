/** The thresholds of the alarms. */
import {
  DEFAULT_THRESHOLDS,
  THRESHOLDS,
  type ThresholdKey,
  thresholdLabel,
  thresholdValue,
} from '../src/model/alarms/thresholds.ts';

/** In base units, as shipped: for colours, which cannot be asked of Prometheus. */
export function threshold(key: ThresholdKey): number {
  return thresholdValue(THRESHOLDS[key], DEFAULT_THRESHOLDS[key]);
}

/** Those that are in force, for a line in a picture. */
export function thresholdSeries(key: ThresholdKey, selector: string): string {
  return `conntrack_alarm_threshold{threshold="${thresholdLabel(THRESHOLDS[key])}", ${selector}}`;
}

export function thresholdLine(key: ThresholdKey, selector: string): string {
  return `max(${thresholdSeries(key, selector)})`;
}

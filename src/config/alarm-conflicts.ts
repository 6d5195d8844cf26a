/** Thresholds out of a configuration, and those that exclude each other. */
import { THRESHOLD_ENTRIES, THRESHOLD_ORDER, THRESHOLDS, type Thresholds } from '../model/thresholds.ts';
import type { Config, Origins, PartialSettings } from './options.ts';

export function thresholdsOf(config: Config): Thresholds {
  return Object.fromEntries(THRESHOLD_ENTRIES.map(([key]) => [key, config[key]])) as Thresholds;
}

/** Thresholds with which an alarm would never end, or a lesser one come after a greater one. */
export function alarmConflicts(settings: PartialSettings, origins: Origins): string[] {
  return THRESHOLD_ORDER.flatMap(([lower, higher]) => {
    const [low, high] = [settings[lower], settings[higher]];
    if (low === undefined || high === undefined || low < high) return [];
    const flag = origins.get(lower) ?? origins.get(higher);
    const [lowerFlag, higherFlag] = [lower, higher].map((key) => `--alarm.${THRESHOLDS[key].flag}`);
    return [`${flag}: expected ${lowerFlag} below ${higherFlag}, got ${low} and ${high}`];
  });
}

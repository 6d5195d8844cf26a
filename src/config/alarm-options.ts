/** The flags `--alarm.*`, made from the table of thresholds. */
import {
  THRESHOLD_ENTRIES,
  THRESHOLD_ORDER,
  THRESHOLDS,
  type ThresholdKey,
  type ThresholdRow,
  type Thresholds,
} from '../model/thresholds.ts';
import type { Draft, Origins } from './conflicts.ts';
import { durationIn, durationText, numberIn, type Value } from './option-values.ts';
import type { Config, Option } from './options.ts';

type AlarmOption = Option & { readonly kind: 'single'; readonly value: Value<number>; readonly fallback: string };

export const ALARM_OPTIONS = Object.fromEntries(THRESHOLD_ENTRIES.map(([key, row]) => [key, optionOf(row)])) as {
  readonly [K in ThresholdKey]: AlarmOption;
};

export function thresholdsOf(config: Config): Thresholds {
  return Object.fromEntries(THRESHOLD_ENTRIES.map(([key]) => [key, config[key]])) as Thresholds;
}

/** Thresholds with which an alarm would never end, or a lesser one come after a greater one. */
export function alarmConflicts(draft: Draft, origins: Origins): string[] {
  return THRESHOLD_ORDER.flatMap(([lower, higher]) => {
    const [low, high] = [draft[lower], draft[higher]];
    if (low === undefined || high === undefined || low < high) return [];
    const flag = origins.get(lower) ?? origins.get(higher);
    const [lowerFlag, higherFlag] = [lower, higher].map((key) => `--alarm.${THRESHOLDS[key].flag}`);
    return [`${flag}: expected ${lowerFlag} below ${higherFlag}, got ${low} and ${high}`];
  });
}

function optionOf({ flag, kind, fallback, from, to, help }: ThresholdRow): AlarmOption {
  const isDuration = kind === 'duration';
  return {
    flag: `alarm.${flag}`,
    kind: 'single',
    value: isDuration ? durationIn(from, to) : numberIn(from, to),
    fallback: isDuration ? durationText(fallback) : String(fallback),
    help,
  };
}

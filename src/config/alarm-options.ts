/** The flags `--alarm.*`, made from the table of thresholds. */
import { THRESHOLD_ENTRIES, type ThresholdKey, type ThresholdRow } from '../model/thresholds.ts';
import { durationIn, durationText, numberIn, type Option, type Value } from './option-values.ts';

type AlarmOption = Option & { readonly kind: 'single'; readonly value: Value<number>; readonly fallback: string };

export const ALARM_OPTIONS = Object.fromEntries(THRESHOLD_ENTRIES.map(([key, row]) => [key, optionOf(row)])) as {
  readonly [K in ThresholdKey]: AlarmOption;
};

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

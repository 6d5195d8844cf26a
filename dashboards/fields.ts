/** Settings of fields: units, thresholds, mappings, overrides. */
import {
  type DynamicConfigValue,
  MappingType,
  SpecialValueMatch,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { CRITICAL, QUIET, REFERENCE, UNKNOWN } from './colours.ts';

/** Grafana's own "pps" would write 0.05 packets a second as 50 milli. */
export const PACKETS_PER_SECOND = 'count:pkt/s';

/** `base` up to the first threshold, then the colour of the highest one that is reached. */
export function steps(base: string, ...thresholds: readonly (readonly [value: number, colour: string])[]) {
  const all: Threshold[] = [{ value: null, color: base }, ...thresholds.map(([value, color]) => ({ value, color }))];
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(all);
}

/** Without it no data would have the colour of the lowest value, which may be the worst. */
export function absent(text = 'no data'): ValueMapping {
  const result = { text, color: UNKNOWN, index: 99 };
  return { type: MappingType.SpecialValue, options: { match: SpecialValueMatch.Null, result } };
}

/** A forecast of nothing left. */
export const FULL_NOW = between(0, 0.999, 'now', CRITICAL, 1);

/** Prometheus' +Inf, and times so long that they mean the same. */
export function beyond(value: number, text: string): ValueMapping {
  return between(value, null, text, QUIET, 0);
}

/** A forecast beyond it is none. */
export const DAY = 86_400;

export const NOT_FILLING = beyond(DAY, 'not filling');

export function between(from: number, to: number | null, text: string, color: string, index: number): ValueMapping {
  return { type: MappingType.RangeToText, options: { from, to, result: { text, color, index } } };
}

export function words(texts: Readonly<Record<string, readonly [text: string, colour: string]>>): ValueMapping {
  const options = Object.entries(texts).map(
    ([value, [text, color]], index) => [value, { text, color, index }] as const,
  );
  return { type: MappingType.ValueToText, options: Object.fromEntries(options) };
}

export const inColour = (colour: string): DynamicConfigValue[] => [
  { id: 'color', value: { mode: 'fixed', fixedColor: colour } },
];

/** Grafana before 9.5 has another name for each, and each version passes over the other's. */
const CELLS = {
  background: [{ type: 'color-background', mode: 'basic' }, 'color-background-solid'],
  text: [{ type: 'color-text' }, 'color-text'],
  bar: [{ type: 'gauge', mode: 'basic' }, 'basic'],
  /** On as many lines as it takes; one line before Grafana 10.4. */
  wrapped: [{ type: 'auto', wrapText: true }, 'auto'],
} as const;

export function cell(kind: keyof typeof CELLS): DynamicConfigValue[] {
  const [options, before] = CELLS[kind];
  return [
    { id: 'custom.cellOptions', value: options },
    { id: 'custom.displayMode', value: before },
  ];
}

/** A line to measure others by: thin, dashed, never filled. */
export const asThreshold = (colour: string = REFERENCE): DynamicConfigValue[] => [
  ...inColour(colour),
  { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
  { id: 'custom.lineWidth', value: 1 },
  { id: 'custom.fillOpacity', value: 0 },
  { id: 'custom.stacking', value: { mode: 'none', group: 'A' } },
];

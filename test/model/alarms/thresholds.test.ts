import { describe, expect, it } from 'vitest';
import {
  DEFAULT_THRESHOLDS,
  THRESHOLD_ENTRIES,
  THRESHOLD_ORDER,
  thresholdLabel,
  thresholdValue,
} from '../../../src/model/alarms/thresholds.ts';

describe.each(THRESHOLD_ENTRIES)('the threshold %s', (_, row) => {
  it('says what it is, and when to raise or to lower it', () => {
    expect(row.help).toMatch(/^(Share|How|Time|Insert|Entries|Packets|Connections) /);
    expect(row.help).toMatch(/\b(raise|lower) it\b/i);
    expect(row.help).not.toMatch(/\.$/);
  });

  it('has a default within its bounds', () => {
    expect(row.from).toBeLessThan(row.to);
    expect(row.fallback).toBeGreaterThanOrEqual(row.from);
    expect(row.fallback).toBeLessThanOrEqual(row.to);
  });
});

describe('THRESHOLDS', () => {
  it('have flags and labels of their own', () => {
    expect(new Set(THRESHOLD_ENTRIES.map(([, { flag }]) => flag)).size).toBe(THRESHOLD_ENTRIES.length);
    expect(new Set(THRESHOLD_ENTRIES.map(([, row]) => thresholdLabel(row))).size).toBe(THRESHOLD_ENTRIES.length);
  });

  it('are in order by default', () => {
    for (const [lower, higher] of THRESHOLD_ORDER) {
      expect(DEFAULT_THRESHOLDS[lower]).toBeLessThan(DEFAULT_THRESHOLDS[higher]);
    }
  });

  it('are labelled with their base unit, and given in it', () => {
    const shown = THRESHOLD_ENTRIES.map(([key, row]) => [
      thresholdLabel(row),
      thresholdValue(row, DEFAULT_THRESHOLDS[key]),
    ]);
    expect(Object.fromEntries(shown)).toEqual({
      high_usage: 0.9,
      clear_margin: 0.05,
      cloud_allowance_available: 8000,
      high_time_share: 0.2,
      sustained_usage: 0.8,
      sustained_time_share: 0.9,
      nearly_full_usage: 0.95,
      time_to_act_seconds: 900,
      unscraped_seconds: 600,
      new_level_share: 0.1,
      insert_failures_per_second: 0.05,
      snat_ports_exhausted_per_second: 0.05,
      snat_ports_used: 0.8,
      drops_below_limit_per_second: 0.05,
      entries_per_bucket: 4,
      invalid_packets_per_second: 100,
      sample_lag_seconds: 2,
    });
  });
});

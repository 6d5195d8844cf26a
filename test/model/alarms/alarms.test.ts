import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TIMINGS } from '../../../src/alertmanager/timings.ts';
import type { AlarmInputs } from '../../../src/model/alarms/alarm.ts';
import { ALARM_ROWS, ALARMS, type AlarmId, alarmRow } from '../../../src/model/alarms/alarms.ts';
import { DEFAULT_THRESHOLDS } from '../../../src/model/alarms/thresholds.ts';
import { HEALTHY, portsUsed } from '../inputs.ts';
import { randomInputs } from '../random-inputs.ts';

type Given = Partial<AlarmInputs>;
/** `hold`: neither raised nor clear, so that the alarm stays as it is. */
type Judgement = 'raise' | 'hold' | 'clear' | 'unknown';

function judgementOf(id: AlarmId, given: Given): Judgement {
  const { raise, clear } = alarmRow(id);
  const inputs = { ...HEALTHY, ...given };
  const isRaised = raise(inputs, DEFAULT_THRESHOLDS);
  if (isRaised === undefined) return 'unknown';
  return isRaised ? 'raise' : clear(inputs, DEFAULT_THRESHOLDS) ? 'clear' : 'hold';
}

const MINUTES = 60;
const CASES: Readonly<Record<AlarmId, readonly (readonly [judgement: Judgement, given: Given])[]>> = {
  table_full: [
    ['raise', { usage: 0.96, isDropping: true }],
    ['clear', { usage: 1 }], // It evicts, and drops nothing: nearly full.
    ['clear', { usage: 1.2 }],
    // Where the counters do not tell.
    ['raise', { usage: 1, isDropping: undefined }],
    ['raise', { usage: 1.2, isDropping: undefined }],
    ['hold', { usage: 0.999, isDropping: undefined }],
    ['hold', { usage: 0.95, isDropping: undefined }],
    ['clear', { usage: 0.949, isDropping: undefined }],
    ['unknown', { usage: undefined, isDropping: true }],
  ],
  table_nearly_full: [
    ['raise', { usage: 0.96, nearlyFullTimeShare: 0.2 }],
    ['raise', { usage: 0.9, secondsUntilFull: 15 * MINUTES }],
    ['raise', { usage: 0.7, isSteepRise: true }],
    ['raise', { usage: 1 }],
    ['raise', { usage: 1, isDropping: undefined }],
    ['hold', { usage: 0.96, nearlyFullTimeShare: 0.19 }],
    ['hold', { usage: 0.9 }],
    ['hold', { usage: 0.89, secondsUntilFull: 0 }],
    ['hold', { usage: 0.5, secondsUntilFull: 30 * MINUTES }],
    ['clear', { usage: 0.89, secondsUntilFull: 31 * MINUTES }],
    ['unknown', { usage: undefined, nearlyFullTimeShare: 1 }],
  ],
  table_filling_up: [
    ['raise', { isFillingUp: true, secondsUntilFull: 15 * MINUTES }],
    ['hold', { secondsUntilFull: 15 * MINUTES }],
    ['hold', { secondsUntilFull: 30 * MINUTES }],
    ['clear', { secondsUntilFull: 31 * MINUTES }],
    ['clear', {}],
    ['unknown', { usage: undefined, isFillingUp: true }],
  ],
  table_high: [
    ['raise', { usage: 0.92, highTimeShare: 0.2 }],
    ['raise', { usage: 0.82, sustainedTimeShare: 0.9 }],
    ['raise', { usage: 0.75, sustainedTimeShare: 0.9 }],
    ['hold', { usage: 0.82, sustainedTimeShare: 0.89 }],
    ['hold', { usage: 0.76, sustainedTimeShare: 0.45 }],
    ['clear', { usage: 0.74, sustainedTimeShare: 0.9 }],
    ['clear', { usage: 0.82, sustainedTimeShare: 0.44 }],
    ['hold', { usage: 0.92, highTimeShare: 0.19 }],
    ['hold', { usage: 0.85 }],
    ['clear', { usage: 0.84 }],
    ['unknown', { usage: undefined, highTimeShare: 1 }],
  ],
  insert_failures: [
    ['raise', { insertFailuresPerSecond: 0.05 }],
    ['hold', { insertFailuresPerSecond: 0.049 }],
    ['hold', { insertFailuresPerSecond: 0.025 }],
    ['clear', { insertFailuresPerSecond: 0.024 }],
    ['clear', { snatPortsExhaustedPerSecond: 9, unexplainedFailuresPerSecond: 9 }],
    ['unknown', { insertFailuresPerSecond: undefined }],
  ],
  snat_ports_exhausted: [
    ['raise', { snatPortsExhaustedPerSecond: 0.05 }],
    ['hold', { snatPortsExhaustedPerSecond: 0.049 }],
    ['hold', { snatPortsExhaustedPerSecond: 0.025 }],
    ['clear', { snatPortsExhaustedPerSecond: 0.024 }],
    ['clear', { insertFailuresPerSecond: 9, unexplainedFailuresPerSecond: 9 }],
    ['unknown', { snatPortsExhaustedPerSecond: undefined }],
  ],
  nat_without_ports: [
    ['raise', { natWithoutPortsPerSecond: 0.05 }],
    ['hold', { natWithoutPortsPerSecond: 0.049 }],
    ['clear', { natWithoutPortsPerSecond: 0.024, protocolsWithoutPorts: ['GRE'] }],
    ['clear', { insertFailuresPerSecond: 9, unexplainedFailuresPerSecond: 9 }],
    ['unknown', { natWithoutPortsPerSecond: undefined }],
  ],
  insert_failures_unexplained: [
    ['raise', { unexplainedFailuresPerSecond: 0.05 }],
    ['hold', { unexplainedFailuresPerSecond: 0.049 }],
    ['clear', { unexplainedFailuresPerSecond: 0.024 }],
    ['clear', { insertFailuresPerSecond: 9, snatPortsExhaustedPerSecond: 9 }],
    ['unknown', { unexplainedFailuresPerSecond: undefined }],
  ],
  drops_below_limit: [
    ['raise', { dropsBelowLimitPerSecond: 0.05 }],
    ['hold', { dropsBelowLimitPerSecond: 0.049 }],
    ['hold', { dropsBelowLimitPerSecond: 0.025 }],
    ['clear', { dropsBelowLimitPerSecond: 0.024 }],
    ['clear', { isDropping: true, usage: 1 }],
    ['unknown', { dropsBelowLimitPerSecond: undefined }],
  ],
  snat_ports_low: [
    ['raise', { snatPorts: portsUsed(0.8) }],
    ['raise', { snatPorts: portsUsed(1) }],
    ['hold', { snatPorts: portsUsed(0.9, 0.79) }],
    ['hold', { snatPorts: portsUsed(0.76) }],
    ['clear', { snatPorts: portsUsed(0.74) }],
    ['unknown', { snatPorts: undefined }],
  ],
  chains_too_long: [
    ['raise', { chainsTooLong: 1 }],
    ['raise', { entriesPerBucket: 4.1 }],
    ['raise', { chainsTooLong: undefined, entriesPerBucket: 4.1 }],
    ['raise', { chainsTooLong: 1, entriesPerBucket: undefined }],
    ['clear', { entriesPerBucket: 4 }],
    ['clear', { chainsTooLong: undefined }],
    ['unknown', { chainsTooLong: undefined, entriesPerBucket: undefined }],
  ],
  invalid_packets: [
    ['raise', { invalidPacketsPerSecond: 100 }],
    ['hold', { invalidPacketsPerSecond: 99 }],
    ['hold', { invalidPacketsPerSecond: 50 }],
    ['clear', { invalidPacketsPerSecond: 49 }],
    ['unknown', { invalidPacketsPerSecond: undefined }],
  ],
  limit_lowered: [
    ['raise', { limit: 900 }],
    ['raise', { limit: 1000, loweredTimeShare: 0.2 }],
    ['clear', { limit: 1000, loweredTimeShare: 0.19 }],
    ['clear', { limit: 0, loweredTimeShare: 0.2 }],
    ['clear', { limit: 1000 }],
    ['clear', { limit: 2000 }],
    ['clear', { limit: 0 }],
    ['unknown', { limit: undefined }],
    ['unknown', { highestLimit: undefined }],
  ],
  cloud_allowance_exceeded: [
    ['raise', { cloudDropsLastMinute: 1 }],
    ['raise', { cloudDropsLastMinute: 1, cloudAvailable: undefined }],
    ['clear', { cloudAvailable: 0 }],
    ['unknown', { cloudDropsLastMinute: undefined }],
  ],
  cloud_allowance_low: [
    ['raise', { cloudAvailable: 8000 }],
    ['raise', { cloudAvailable: 30_000, cloudSecondsUntilExceeded: 15 * MINUTES }],
    ['hold', { cloudAvailable: 8001 }],
    ['hold', { cloudAvailable: 12_000 }],
    ['hold', { cloudAvailable: 30_000, cloudSecondsUntilExceeded: 30 * MINUTES }],
    ['clear', { cloudAvailable: 12_001 }],
    ['clear', { cloudDropsLastMinute: undefined }],
    ['unknown', { cloudAvailable: undefined }],
  ],
  kube_proxy_limit_low: [
    ['raise', { limit: 2000, kubeProxyLimit: 1000, peak: 950 }],
    ['hold', { limit: 2000, kubeProxyLimit: 1000, peak: 949 }],
    ['hold', { limit: 2000, kubeProxyLimit: 1000, peak: 900 }],
    ['clear', { limit: 2000, kubeProxyLimit: 1000, peak: 899 }],
    ['clear', { limit: 1000, kubeProxyLimit: 1000, peak: 1000 }],
    ['clear', { limit: 1000, kubeProxyLimit: 2000, peak: 1000 }],
    ['unknown', { kubeProxyLimit: undefined }],
    ['unknown', { limit: undefined }],
    ['unknown', { peak: undefined }],
  ],
  no_data: [
    ['raise', { noDataReasons: ['wrong network namespace'] }],
    ['raise', { usage: undefined, limit: undefined, noDataReasons: ['the entries cannot be read'] }],
    ['clear', {}],
    ['clear', { usage: undefined, limit: undefined }],
  ],
  scraper_reconnects: [
    ['raise', { reconnectingScrapers: ['Telegraf/1.29.1 at 10.0.0.5'] }],
    ['raise', { reconnectingScrapers: ['Telegraf/1.29.1 at 10.0.0.5'], usage: undefined }],
    ['hold', { reconnectingScrapers: ['Telegraf/1.29.1 at 10.0.0.5'], usage: 0.9 }],
    ['hold', { reconnectingScrapers: ['Telegraf/1.29.1 at 10.0.0.5'], isDropping: true }],
    ['raise', { overdueScrapers: ['Prometheus/3.5.0 at 10.0.0.2'], usage: 1, isDropping: true }],
    ['clear', { usage: 1 }],
    ['unknown', { reconnectingScrapers: undefined }],
  ],
  no_scraper: [
    ['raise', { unscrapedMs: 600_000 }],
    ['raise', { unscrapedMs: 600_000, usage: 1, isDropping: true }],
    ['clear', { unscrapedMs: 599_999 }],
    ['unknown', { unscrapedMs: undefined }],
  ],
  direct_alerts_failing: [
    ['raise', { failingAlertmanagers: ['http://alertmanager:9093: status 401'] }],
    ['raise', { failingAlertmanagers: ['http://alertmanager:9093: no answer within 5 s'], usage: 1 }],
    ['clear', {}],
    ['unknown', { failingAlertmanagers: undefined }],
  ],
};

describe.each(Object.entries(CASES))('the alarm %s', (id, cases) => {
  it.each(cases)('says %s to %j', (judgement, given) => {
    expect(judgementOf(id as AlarmId, given)).toBe(judgement);
  });
});

describe('ALARMS', () => {
  it('have ids, alertnames, labels and summaries of their own', () => {
    for (const key of ['id', 'alertname', 'label', 'summary', 'meaning'] as const) {
      expect(new Set(ALARMS.map((row) => row[key])).size).toBe(ALARMS.length);
    }
  });

  it('are named alike for the metric and for Alertmanager', () => {
    for (const { id, alertname } of ALARM_ROWS) {
      const words = id.split('_').map((word) => `${word[0]!.toUpperCase()}${word.slice(1)}`);
      expect(alertname).toBe(`Conntrack${words.join('')}`);
    }
  });

  it('have the critical ones first, so that the worst is told first', () => {
    const severities = ALARM_ROWS.map(({ severity }) => severity);
    expect(severities).toEqual([...severities].sort());
  });

  it('say nothing of a healthy node', () => {
    expect(ALARM_ROWS.map(({ id }) => judgementOf(id, {}))).toEqual(ALARM_ROWS.map(() => 'clear'));
  });

  it('end while the alert that tells of them still lives, or it would lapse before it is resolved', () => {
    for (const { keepFiringMs } of ALARM_ROWS) expect(keepFiringMs).toBeLessThanOrEqual(TIMINGS.lifeMs);
  });

  it('have whole sentences for people', () => {
    for (const { summary, meaning } of ALARM_ROWS) {
      expect(meaning).toMatch(/^(kube-proxy|[A-Z]).*\.$/);
      expect(summary).toMatch(/^(has|had|drops|will|often|loses|sees) .*[^.]$/);
    }
  });

  /** The others look at a share of past minutes too, which stands for a while after what they look at now has ended. */
  const ON_THE_PRESENT = ALARM_ROWS.filter(
    ({ id }) => !['table_nearly_full', 'table_filling_up', 'table_high'].includes(id),
  );

  it.each(ON_THE_PRESENT)('are never raised and clear at once: $id', ({ raise, clear }) => {
    fc.assert(
      fc.property(randomInputs, (inputs) => {
        fc.pre(raise(inputs, DEFAULT_THRESHOLDS) === true);
        return !clear(inputs, DEFAULT_THRESHOLDS);
      }),
      { numRuns: 300 },
    );
  });

  it.each(['table_nearly_full', 'table_filling_up', 'table_high'] as const)(
    'are never clear by what raises them at this moment: %s',
    (id) => {
      const { raise, clear } = alarmRow(id);
      const present = randomInputs.map((inputs) => ({
        ...inputs,
        highTimeShare: 0,
        nearlyFullTimeShare: 0,
        sustainedTimeShare: 0,
        isSteepRise: false,
        isFillingUp: inputs.isFillingUp && inputs.secondsUntilFull <= 900,
      }));
      fc.assert(
        fc.property(present, (inputs) => {
          fc.pre(raise(inputs, DEFAULT_THRESHOLDS) !== undefined);
          return !(raise(inputs, DEFAULT_THRESHOLDS) && clear(inputs, DEFAULT_THRESHOLDS));
        }),
        { numRuns: 300 },
      );
    },
  );
});

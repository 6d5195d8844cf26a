import fc from 'fast-check';
import type { AlarmInputs } from '../../src/model/alarms/alarm.ts';
import { portsUsed } from './inputs.ts';

const share = fc.double({ min: 0, max: 1.3, noNaN: true });
const rate = fc.double({ min: 0, max: 300, noNaN: true });
const limit = fc.constantFrom(0, 900, 1000, 2000);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 5 });

/** Any inputs, those that no node can show at once included. */
export const randomInputs: fc.Arbitrary<AlarmInputs> = fc.record({
  usage: maybe(share),
  isDropping: maybe(fc.boolean()),
  highTimeShare: fc.double({ min: 0, max: 1, noNaN: true }),
  nearlyFullTimeShare: fc.double({ min: 0, max: 1, noNaN: true }),
  sustainedTimeShare: fc.double({ min: 0, max: 1, noNaN: true }),
  secondsUntilFull: fc.oneof(fc.double({ min: 0, max: 5000, noNaN: true }), fc.constant(Number.POSITIVE_INFINITY)),
  isFillingUp: fc.boolean(),
  isSteepRise: fc.boolean(),
  entriesPerBucket: maybe(fc.double({ min: 0, max: 10, noNaN: true })),
  insertFailuresPerSecond: maybe(fc.double({ min: 0, max: 0.2, noNaN: true })),
  snatPortsExhaustedPerSecond: maybe(fc.double({ min: 0, max: 0.2, noNaN: true })),
  natWithoutPortsPerSecond: maybe(fc.double({ min: 0, max: 0.2, noNaN: true })),
  protocolsWithoutPorts: maybe(fc.constant(['GRE'])),
  unexplainedFailuresPerSecond: maybe(fc.double({ min: 0, max: 0.2, noNaN: true })),
  snatPorts: maybe(fc.double({ min: 0, max: 1, noNaN: true }).map((used) => portsUsed(used))),
  chainsTooLong: maybe(fc.integer({ min: 0, max: 3 })),
  dropsBelowLimitPerSecond: maybe(fc.double({ min: 0, max: 0.2, noNaN: true })),
  invalidPacketsPerSecond: maybe(rate),
  limit: maybe(limit),
  highestLimit: maybe(limit),
  lowestLimit: maybe(limit),
  loweredTimeShare: fc.double({ min: 0, max: 1, noNaN: true }),
  peak: maybe(fc.integer({ min: 0, max: 2000 })),
  kubeProxyLimit: maybe(limit),
  cloudAvailable: maybe(fc.integer({ min: 0, max: 20_000 })),
  cloudSecondsUntilExceeded: fc.oneof(
    fc.double({ min: 0, max: 5000, noNaN: true }),
    fc.constant(Number.POSITIVE_INFINITY),
  ),
  cloudDropsLastMinute: maybe(fc.integer({ min: 0, max: 3 })),
  noDataReasons: fc.constantFrom([], ['wrong network namespace']),
  reconnectingScrapers: maybe(fc.constantFrom([], ['Telegraf/1.29.1 at 10.0.0.5'])),
  overdueScrapers: maybe(fc.constantFrom([], ['Prometheus/3.5.0 at 10.0.0.2'])),
  unscrapedMs: maybe(fc.integer({ min: 0, max: 2_000_000 })),
  failingAlertmanagers: maybe(fc.constantFrom([], ['http://alertmanager:9093: status 401'])),
});

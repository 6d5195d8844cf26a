import type { AlarmInputs } from '../../src/model/alarms/alarm.ts';
import type { SnatPortsUsed } from '../../src/model/flows.ts';

/** Ports in use from one address to one destination, where all flows were read. */
export function portsUsed(share: number, low = share): SnatPortsUsed {
  const key = { address: '10.0.0.5', destination: '192.0.2.1', port: 443, protocol: 'tcp', family: 'ipv4' } as const;
  return { ...key, used: 100 * share, usable: 100, share, low, high: share };
}

/** What alarms look at on a node where nothing is wrong. */
export const HEALTHY: AlarmInputs = {
  usage: 0.5,
  isDropping: false,
  highTimeShare: 0,
  nearlyFullTimeShare: 0,
  sustainedTimeShare: 0,
  secondsUntilFull: Number.POSITIVE_INFINITY,
  isFillingUp: false,
  isSteepRise: false,
  entriesPerBucket: 0.5,
  insertFailuresPerSecond: 0,
  snatPortsExhaustedPerSecond: 0,
  natWithoutPortsPerSecond: 0,
  protocolsWithoutPorts: [],
  unexplainedFailuresPerSecond: 0,
  snatPorts: portsUsed(0.1),
  chainsTooLong: 0,
  dropsBelowLimitPerSecond: 0,
  invalidPacketsPerSecond: 0,
  limit: 1000,
  highestLimit: 1000,
  lowestLimit: 1000,
  loweredTimeShare: 0,
  peak: 500,
  kubeProxyLimit: 1000,
  cloudAvailable: 70_000,
  cloudSecondsUntilExceeded: Number.POSITIVE_INFINITY,
  cloudDropsLastMinute: 0,
  noDataReasons: [],
  reconnectingScrapers: [],
  overdueScrapers: [],
  unscrapedMs: 0,
  failingAlertmanagers: [],
};

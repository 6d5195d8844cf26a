/** What no single value can tell: settings that do not go together, and ones that go but had better not. */

import { alarmConflicts } from './alarm-conflicts.ts';
import { alertmanagerConflicts, alertmanagerWarnings } from './alertmanager-conflicts.ts';
import { flowConflicts, flowWarnings } from './flow-conflicts.ts';
import { durationText, type ListenAddress } from './option-values.ts';
import type { Command, Origins, PartialSettings, Settings } from './options.ts';

/** Scrape intervals end at 2 min in practice: a series is stale after 5 min, and one lost scrape must not make it so. */
const SHORT_KEEP_ALIVE_MS = 120_000;

export function conflicts(settings: PartialSettings, origins: Origins, command: Command): string[] {
  return [
    ...unusedVia(settings, origins),
    ...shortWindow(settings, origins),
    ...sameAddress(settings, origins),
    ...alertmanagerConflicts(settings, origins),
    ...flowConflicts(settings, origins, command),
    ...alarmConflicts(settings, origins),
    ...(command === 'healthcheck' ? socketOff(settings, origins) : []),
  ];
}

/** What is allowed and will hurt. */
export function warningsOf(settings: Settings, origins: Origins, command: Command): string[] {
  return [
    ...shortKeepAlive(settings, origins),
    ...alertmanagerWarnings(settings, origins),
    ...flowWarnings(settings, origins, command),
  ];
}

function shortKeepAlive({ keepAliveMs }: Settings, origins: Origins): string[] {
  const flag = origins.get('keepAliveMs');
  if (flag === undefined || keepAliveMs >= SHORT_KEEP_ALIVE_MS) return [];
  const wanted = `at least ${durationText(SHORT_KEEP_ALIVE_MS)}, got "${durationText(keepAliveMs)}"`;
  return [`${flag}: expected ${wanted}; a scraper that has to reconnect is shut out while the table is full`];
}

function unusedVia({ collectCounters }: PartialSettings, origins: Origins): string[] {
  const via = origins.get('countersVia');
  if (collectCounters !== false || via === undefined) return [];
  return [`${via}: contradicts ${origins.get('collectCounters')}, which turns the counters off`];
}

function shortWindow({ sampleMs, peakWindowMs }: PartialSettings, origins: Origins): string[] {
  if (sampleMs === undefined || peakWindowMs === undefined || peakWindowMs >= sampleMs) return [];
  const flag = origins.get('peakWindowMs') ?? origins.get('sampleMs');
  const got = `a window of "${durationText(peakWindowMs)}" and samples every "${durationText(sampleMs)}"`;
  return [`${flag}: expected a peak window no shorter than the sample interval, got ${got}`];
}

/** Port 0 may come twice: the kernel picks two different ones. */
function sameAddress({ listenAddresses = [] }: PartialSettings, origins: Origins): string[] {
  const texts = listenAddresses.filter(({ port }) => port !== 0).map(addressText);
  const twice = new Set(texts.filter((text, i) => texts.indexOf(text) !== i));
  return [...twice].map(
    (text) => `${origins.get('listenAddresses')}: expected different addresses, got "${text}" twice`,
  );
}

function addressText({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function socketOff(settings: PartialSettings, origins: Origins): string[] {
  if (!Object.hasOwn(settings, 'socketPath') || settings.socketPath !== undefined) return [];
  return [`${origins.get('socketPath')}: healthcheck asks over this socket, expected a path, got ""`];
}

import { readdirSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { CloudReading } from '../../model/cloud-allowance.ts';
import { ifThere } from '../procfs/proc-fs.ts';
import type { DriverCounters, Ethtool } from './ethtool.ts';

/** Drivers that tell of an allowance: the Elastic Network Adapter of AWS alone. */
const DRIVER = 'ena';
/** Names of drivers/net/ethernet/amazon/ena/ena_ethtool.c: since driver 2.2.10, and since 2.8.1 (Linux 5.10 and 6.12). */
const COUNTERS = { exceeded: 'conntrack_allowance_exceeded', available: 'conntrack_allowance_available' } as const;
const WANTED = Object.values(COUNTERS);

/**
 * Network interfaces of this namespace whose driver tells of an allowance, by the links of sysfs alone: interfaces without a device
 * (veth, bridges) have none. Sorted.
 */
export function findAllowanceDevices(sysRoot = '/sys', driver = DRIVER): string[] {
  const folder = join(sysRoot, 'class/net');
  const names = ifThere(folder, (path) => readdirSync(path)) ?? [];
  return names.filter((name) => driverOf(join(folder, name, 'device/driver')) === driver).sort();
}

/** Undefined where there is none, or none to be seen. */
function driverOf(link: string): string | undefined {
  try {
    return basename(readlinkSync(link));
  } catch {
    return undefined;
  }
}

export type CloudAnswer = { readonly readings: readonly CloudReading[]; readonly problem?: Error };

/** Devices that tell something; one that is gone, or whose driver is too old, is left out. The first problem is told, and the others go on. */
export async function readAllowances(ethtool: Pick<Ethtool, 'read'>, devices: readonly string[]): Promise<CloudAnswer> {
  const readings: CloudReading[] = [];
  let problem: Error | undefined;
  for (const device of devices) {
    try {
      const reading = readingOf(device, await ethtool.read(device, WANTED));
      if (reading !== undefined) readings.push(reading);
    } catch (error) {
      problem ??= error as Error;
    }
  }
  return problem === undefined ? { readings } : { readings, problem };
}

function readingOf(device: string, counters: DriverCounters): CloudReading | undefined {
  const available = counters.get(COUNTERS.available);
  const exceeded = counters.get(COUNTERS.exceeded);
  if (available === undefined && exceeded === undefined) return undefined;
  return { device, available: available === undefined ? undefined : Number(available), exceeded };
}

import { mkdirSync, symlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findAllowanceDevices, readAllowances } from '../../../src/host/cloud/cloud-allowance.ts';
import { Ethtool } from '../../../src/host/cloud/ethtool.ts';
import { enaCounters, ScriptedDriver } from './scripted-driver.ts';

/** A /sys with these interfaces; null for one without a device, as veths are. */
async function sysOf(drivers: Readonly<Record<string, string | null>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'sys-'));
  onTestFinished(() => rm(root, { recursive: true }));
  for (const [name, driver] of Object.entries(drivers)) {
    const folder = join(root, 'class/net', name, ...(driver === null ? [] : ['device']));
    mkdirSync(folder, { recursive: true });
    if (driver !== null) symlinkSync(`../../../bus/pci/drivers/${driver}`, join(folder, 'driver'));
  }
  return root;
}

describe('findAllowanceDevices()', () => {
  it('finds the interfaces of the driver ena, whatever they are called, and no others', async () => {
    const root = await sysOf({ ens6: 'ena', eth0: 'ena', lo: null, veth1: null, eth1: 'virtio_net', ena: 'enabler' });
    expect(findAllowanceDevices(root)).toEqual(['ens6', 'eth0']);
  });

  it('finds none where there is no sysfs', () => {
    expect(findAllowanceDevices('/nowhere')).toEqual([]);
  });
});

describe('readAllowances()', () => {
  const readingsOf = async (driver: ScriptedDriver) =>
    readAllowances(new Ethtool(driver), [...driver.devices.keys(), 'ens99']);

  it('reads both counters of each device, of an instance with many queues too', async () => {
    const driver = new ScriptedDriver();
    driver.add('ens5', enaCounters(76_957n, 0n));
    driver.add('ens6', enaCounters(76_957n, 2n ** 63n, 128));
    expect(await readingsOf(driver)).toEqual({
      readings: [
        { device: 'ens5', available: 76_957, exceeded: 0n },
        { device: 'ens6', available: 76_957, exceeded: 2n ** 63n },
      ],
    });
  });

  it('leaves out what an old driver does not tell: absent, and not 0', async () => {
    const driver = new ScriptedDriver();
    driver.add('ens5', enaCounters(undefined, 3n));
    driver.add('ens6', enaCounters(undefined, undefined));
    expect(await readingsOf(driver)).toEqual({
      readings: [{ device: 'ens5', available: undefined, exceeded: 3n }],
    });
  });

  it('goes on with the others when one device cannot be read, and tells why', async () => {
    const driver = new ScriptedDriver();
    driver.add('ens5', [], { errno: 5 });
    driver.add('ens6', enaCounters(5n, 0n));
    expect(await readingsOf(driver)).toMatchObject({
      readings: [{ device: 'ens6', available: 5 }],
      problem: { message: 'Cannot read the counters of "ens5": EIO: i/o error' },
    });
  });
});

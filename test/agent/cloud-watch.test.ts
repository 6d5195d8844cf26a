import { describe, expect, it } from 'vitest';
import { CloudWatch } from '../../src/agent/cloud-watch.ts';
import { Ethtool } from '../../src/host/cloud/ethtool.ts';
import type { CloudReading } from '../../src/model/cloud-allowance.ts';
import { enaCounters, ScriptedDriver } from '../host/cloud/scripted-driver.ts';
import { collectedLog } from '../web/collected-log.ts';

function watching(devices: readonly string[]) {
  const driver = new ScriptedDriver();
  const { log, lines } = collectedLog();
  const seen = { devices, nowMs: 0, opened: 0, readings: [] as (readonly CloudReading[])[] };
  const watch = new CloudWatch({
    log,
    clock: () => seen.nowMs,
    find: () => seen.devices,
    openEthtool: async () => {
      seen.opened += 1;
      return new Ethtool(driver);
    },
    onReading: (readings) => seen.readings.push(readings),
  });
  return { watch, driver, seen, messages: () => lines.map(({ message }) => message) };
}

describe('CloudWatch', () => {
  it('opens nothing and says nothing where no driver tells of an allowance', async () => {
    const { watch, seen, messages } = watching([]);
    await watch.read();
    seen.nowMs = 31_000;
    await watch.read();
    expect([seen.opened, seen.readings, messages()]).toEqual([0, [], []]);
  });

  it('reads a device from the moment it is found, and opens once', async () => {
    const { watch, driver, seen } = watching([]);
    driver.add('ens5', enaCounters(9n, 0n));
    await watch.read();
    seen.devices = ['ens5'];
    await watch.read();
    expect(seen.readings).toEqual([]);
    seen.nowMs = 30_000;
    await watch.read();
    await watch.read();
    expect(seen.readings).toEqual([1, 2].map(() => [{ device: 'ens5', available: 9, exceeded: 0n }]));
    expect(seen.opened).toBe(1);
  });

  it('tells a problem once and once when it is over, and goes on with what it can read', async () => {
    const { watch, driver, seen, messages } = watching(['ens5', 'ens6']);
    const broken = driver.add('ens5', enaCounters(9n, 0n), { errno: 5 });
    driver.add('ens6', enaCounters(8n, 0n));
    await watch.read();
    await watch.read();
    expect(seen.readings.at(-1)).toMatchObject([{ device: 'ens6' }]);
    delete broken.errno;
    await watch.read();
    expect(messages()).toEqual([
      "network interfaces that may tell the cloud's allowance of connections",
      expect.stringContaining('is not known, and all else goes on: Cannot read the counters of "ens5": EIO'),
      "the cloud's allowance can be read again",
    ]);
  });

  it('closes what it opened, once a question that is being asked is answered', async () => {
    const { watch, driver, seen } = watching(['ens5']);
    driver.add('ens5', enaCounters(9n, 0n), { onAsked: () => watch.stop() });
    await watch.read();
    expect(driver.isClosed).toBe(true);
    expect(seen.readings).toEqual([]);
  });
});

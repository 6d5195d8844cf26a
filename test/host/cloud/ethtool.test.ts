import { constants } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  COUNTERS_MAX,
  countRequest,
  decodeCount,
  decodeNames,
  decodeValues,
  Ethtool,
  namesRequest,
} from '../../../src/host/cloud/ethtool.ts';
import { ScriptedDriver } from './scripted-driver.ts';

const WANTED = ['b', 'd'] as const;

function driverOf(...args: Parameters<ScriptedDriver['add']>) {
  const driver = new ScriptedDriver();
  const device = driver.add(...args);
  return { driver, device, ethtool: new Ethtool(driver) };
}

const many = (count: number) => Array.from({ length: count }, (_, i) => [`c${i}`, BigInt(i)] as [string, bigint]);

describe('Ethtool', () => {
  it('finds counters by name, wherever the driver has them, and leaves out those it does not have', async () => {
    const { ethtool } = driverOf('eth0', [
      ['a', 1n],
      ['b', 2n ** 64n - 1n],
      ['c', 3n],
    ]);
    expect(await ethtool.read('eth0', WANTED)).toEqual(new Map([['b', 2n ** 64n - 1n]]));
  });

  it('reads the names once, and again when their number changes', async () => {
    const { driver, device, ethtool } = driverOf('eth0', [['b', 1n]]);
    await ethtool.read('eth0', WANTED);
    await ethtool.read('eth0', WANTED);
    device.counters.unshift(['a', 9n]);
    expect(await ethtool.read('eth0', WANTED)).toEqual(new Map([['b', 1n]]));
    expect(driver.asked).toEqual(
      ['count', 'names', 'values', 'count', 'values', 'count', 'names', 'values'].map((what) => `eth0 ${what}`),
    );
  });

  it('asks for no values where the driver has no counter of the name', async () => {
    const { driver, ethtool } = driverOf('eth0', [['x', 1n]]);
    expect(await ethtool.read('eth0', WANTED)).toEqual(new Map());
    expect(driver.asked).toEqual(['eth0 count', 'eth0 names']);
  });

  it('takes names of 32 bytes, which end without a zero', async () => {
    const name = 'x'.repeat(32);
    const { ethtool } = driverOf('eth0', [[name, 4n]]);
    expect(await ethtool.read('eth0', [name])).toEqual(new Map([[name, 4n]]));
  });

  it('reads the last of 4,096 counters', async () => {
    const { ethtool } = driverOf('eth0', many(4096));
    expect(await ethtool.read('eth0', ['c4095'])).toEqual(new Map([['c4095', 4095n]]));
  });

  it.each([
    ['has no such operation', { errno: constants.errno.EOPNOTSUPP }],
    ['has no counters', {}],
    ['is gone', { errno: constants.errno.ENODEV }],
  ])('finds nothing, which is no problem, where the driver %s', async (_, rest) => {
    expect(await driverOf('eth0', [], rest).ethtool.read('eth0', WANTED)).toEqual(new Map());
  });

  it.each([0x37, 0x1b, 0x1d])('finds nothing where the interface is unplugged before command %d', async (command) => {
    const { driver, ethtool } = driverOf('eth0', [['b', 1n]], {
      onAsked: (asked) => asked === command && driver.devices.delete('eth0'),
    });
    expect(await ethtool.read('eth0', WANTED)).toEqual(new Map());
  });

  it('asks once more when queues were added between two questions', async () => {
    const { device, ethtool } = driverOf('eth0', [['b', 5n]], {
      onAsked(command) {
        if (command === 0x1d && device.counters.length === 1) device.counters.unshift(['queue', 1n]);
      },
    });
    expect(await ethtool.read('eth0', WANTED)).toEqual(new Map([['b', 5n]]));
  });

  it('says so when the number of values is never that of the names: one might be taken for another', async () => {
    const { ethtool } = driverOf('eth0', [['b', 5n]], { values: 2 });
    await expect(ethtool.read('eth0', WANTED)).rejects.toThrow(
      'Cannot read the counters of "eth0": the number of counters changes between two questions',
    );
  });

  it('refuses more names than claimed, and more counters than any driver has', async () => {
    await expect(driverOf('eth0', many(3), { claims: 2 }).ethtool.read('eth0', ['c0'])).rejects.toThrow('changes');
    const { ethtool } = driverOf('eth0', many(3), { claims: COUNTERS_MAX + 1 });
    await expect(ethtool.read('eth0', ['c0'])).rejects.toThrow('it claims 8193 counters, wanted at most 8192');
  });

  it('says what else the kernel refuses, with what to compare it with', async () => {
    const { ethtool } = driverOf('eth0', [], { errno: constants.errno.EPERM });
    await expect(ethtool.read('eth0', WANTED)).rejects.toMatchObject({
      message: 'Cannot read the counters of "eth0": EPERM: operation not permitted',
      remedy: expect.stringContaining('ethtool -S'),
    });
  });
});

describe('the codec', () => {
  it('never reads beyond an answer, whatever it claims', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 400 }), (bytes) => {
        const answer = new DataView(bytes.slice().buffer);
        for (const decode of [decodeCount, decodeNames, decodeValues]) {
          try {
            decode(answer);
          } catch (error) {
            if (!(error instanceof RangeError)) throw error;
          }
        }
      }),
    );
  });

  it('writes requests as the kernel reads them', () => {
    const into = new DataView(new ArrayBuffer(20));
    countRequest(into);
    expect([...new Uint32Array(into.buffer)]).toEqual([0x37, 0, 2, 0, 0]);
    namesRequest(5)(into);
    expect([...new Uint32Array(into.buffer)].slice(0, 3)).toEqual([0x1b, 1, 5]);
  });
});

import { describe, expect, it } from 'vitest';
import { CloudAllowance } from '../../../src/analysis/table/cloud-allowance.ts';
import type { CloudReading } from '../../../src/model/cloud-allowance.ts';

const ens5 = (available: number | undefined, exceeded: bigint | undefined = 0n): CloudReading => ({
  device: 'ens5',
  available,
  exceeded,
});
const ens6 = (available: number | undefined, exceeded: bigint | undefined = 0n): CloudReading => ({
  ...ens5(available, exceeded),
  device: 'ens6',
});

/** One reading every two seconds, as the agent takes them. */
function fed(...rounds: (readonly CloudReading[])[]) {
  const allowance = new CloudAllowance();
  for (const [i, readings] of rounds.entries()) allowance.add(readings, i * 2000);
  return { allowance, status: allowance.statusAt((rounds.length - 1) * 2000) };
}

const shrinking = (from: number, perSecond: number, seconds: number) =>
  Array.from({ length: seconds / 2 }, (_, i) => [ens5(from - perSecond * 2 * i)]);

describe('CloudAllowance', () => {
  it('knows nothing before a device tells something, nor half a minute after the last', () => {
    expect(new CloudAllowance().statusAt(0)).toBeUndefined();
    const { allowance } = fed([ens5(5)]);
    allowance.add([], 31_000);
    expect(allowance.statusAt(30_000)).toBeDefined();
    expect(allowance.statusAt(30_001)).toBeUndefined();
  });

  it('takes the lowest of the devices for what is left: there is one allowance for all', () => {
    expect(fed([ens5(70_000), ens6(69_990)]).status).toMatchObject({ available: 69_990 });
  });

  it('counts drops from its own start, by the device that saw most, and shows each as the driver has it', () => {
    const { status } = fed([ens5(9, 100n), ens6(9, 100n)], [ens5(0, 130n), ens6(0, 128n)]);
    expect(status).toMatchObject({
      dropped: 30,
      droppedLastMinute: 30,
      devices: [{ exceeded: 130 }, { exceeded: 128 }],
    });
  });

  it('goes on over a wrap of 64 bits, and begins anew where the driver was reset', () => {
    expect(fed([ens5(9, 2n ** 64n - 5n)], [ens5(9, 3n)]).status).toMatchObject({ dropped: 8 });
    const reset = fed([ens5(9, 5000n)], [ens5(9, 0n)], [ens5(9, 2n)]).status;
    expect(reset).toMatchObject({ dropped: 2, devices: [{ exceeded: 5002 }] });
  });

  it('loses no drop of a device that could not be read for a moment, and takes none of a new one for its own', () => {
    const { status } = fed([ens5(9, 10n)], [ens6(9, 700n)], [ens5(9, 14n), ens6(9, 700n)]);
    expect(status).toMatchObject({ dropped: 4 });
  });

  it('leaves out what no driver tells', () => {
    expect(fed([ens5(undefined, 4n)]).status).toMatchObject({ available: undefined, dropped: 0 });
    expect(fed([{ device: 'ens5', available: 3, exceeded: undefined }]).status).toMatchObject({
      dropped: undefined,
      droppedLastMinute: undefined,
      devices: [{ exceeded: undefined }],
    });
  });

  it('forgets drops after a minute', () => {
    const { allowance } = fed([ens5(9, 0n)], [ens5(9, 5n)]);
    for (let second = 4; second <= 90; second += 2) allowance.add([ens5(9, 5n)], second * 1000);
    expect(allowance.statusAt(90_000)).toMatchObject({ dropped: 5, droppedLastMinute: 0 });
  });

  it('forecasts when nothing is left, by how fast it shrinks', () => {
    const { status } = fed(...shrinking(70_000, 100, 120));
    expect(status!.growthPerSecond).toBeCloseTo(100, 0);
    expect(status!.secondsUntilExceeded).toBeCloseTo((70_000 - 100 * 118) / 100, -1);
    expect(fed(...shrinking(70_000, 0, 120)).status!.secondsUntilExceeded).toBe(Number.POSITIVE_INFINITY);
    expect(fed(...shrinking(0, 0, 120)).status!.secondsUntilExceeded).toBe(0);
  });

  it('is of no concern while more than half of the most there was is left', () => {
    const fast = fed(...shrinking(70_000, 200, 120));
    expect(fast.allowance.concernSeconds(fast.status)).toBe(Number.POSITIVE_INFINITY);
    const later = fed(...shrinking(70_000, 400, 120));
    expect(later.allowance.concernSeconds(later.status)).toBeCloseTo((70_000 - 400 * 118) / 400, -1);
    expect(later.allowance.concernSeconds(undefined)).toBe(Number.POSITIVE_INFINITY);
  });
});

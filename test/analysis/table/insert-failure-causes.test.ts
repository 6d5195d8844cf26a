import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InsertFailureCauses } from '../../../src/analysis/table/insert-failure-causes.ts';
import type { InsertFailures } from '../../../src/model/status.ts';
import { counterRow } from '../../counter-row.ts';

type Second = { readonly failed?: number; readonly found?: number | undefined; readonly chains?: number };

const repeat = (times: number, ...seconds: Second[]): Second[] => Array.from({ length: times }, () => seconds).flat();

/** Growth of each second, after a first reading. */
function causesAfter(seconds: readonly Second[]): InsertFailureCauses {
  const causes = new InsertFailureCauses();
  const add = ({ failed = 0, found = 0, chains = 0 }: Second, atMs: number) => {
    causes.add(counterRow({ insert_failed: failed + chains, chainlength: chains, found }), atMs);
  };
  add({}, 0);
  for (const [i, second] of seconds.entries()) add(second, (i + 1) * 1000);
  return causes;
}

const splitOf = (seconds: readonly Second[]) => causesAfter(seconds).totals;
const split = (race: number, snat_ports = 0, unknown = 0, nat_without_ports = 0): InsertFailures => {
  return { race, snat_ports, nat_without_ports, unknown };
};

/** Real growth on Linux 6.18: ports found taken for each failure. */
const TRIES = { udpOf100: 100, tcpOf100: 68, udpOfMany: 248, tcpOfMany: 128, udpOf32: 32 };

describe('InsertFailureCauses', () => {
  it.each(Object.entries(TRIES))('calls it ports where each failure has %s its %i tries, at any rate', (_, tries) => {
    expect(causesAfter(repeat(60, {}, {}, {}, { failed: 1, found: tries })).settledTotals).toEqual(split(0, 60));
    expect(causesAfter(repeat(60, { failed: 1000, found: 1000 * tries })).settledTotals).toEqual(split(0, 60_000)); // Without a second to learn from.
  });

  it('calls it ports where the searches that end well are long too, as with the last ports of many', () => {
    expect(splitOf(repeat(60, {}, {}, {}, { failed: 2, found: 7500 }))).toEqual(split(0, 120));
  });

  it('calls it a race where no port is tried, at any rate', () => {
    expect(splitOf(repeat(60, {}, {}, {}, { failed: 1 }))).toEqual(split(60));
    expect(splitOf(repeat(60, { failed: 1000, found: 30 }))).toEqual(split(60_000));
  });

  it('takes nothing for a failure that is none, whatever ports are found taken', () => {
    expect(splitOf(repeat(60, { found: 5000 }, { chains: 3, found: 300 }))).toEqual(split(0));
  });

  it('tells both in the same minutes', () => {
    const seconds = repeat(60, {}, {}, {}, { failed: 1 }, { failed: 1, found: 248 });
    expect(splitOf(seconds)).toEqual(split(60, 60));
  });

  it('shares out the failures of one second once it knows how long a search is', () => {
    const together = { failed: 200, found: 100 * 100 };
    const { race, snat_ports: ports } = splitOf([
      ...repeat(3, {}),
      { failed: 1, found: 100 },
      ...repeat(10, together),
    ])!;
    expect(race + ports).toBe(2001);
    expect(race).toBeGreaterThan(400); // Of 1,000: at 64 tries and no more it is certain to be a search.
    expect(ports).toBeGreaterThan(1000);
  });

  it('knows a race on a node that finds a hundred ports taken each second, after some of them', () => {
    const busy = (i: number): Second => ({ found: 100 + ((i * 37) % 21) - 10 });
    const seconds = Array.from({ length: 400 }, (_, i) => (i % 4 === 3 ? { ...busy(i), failed: 1 } : busy(i)));
    const { race, snat_ports: ports, unknown } = splitOf(seconds)!;
    expect([ports, unknown]).toEqual([0, 0]);
    expect(race).toBeGreaterThan(80);
  });

  it('knows a failed search on such a node', () => {
    const seconds = Array.from({ length: 400 }, (_, i): Second => {
      return i % 4 === 3 ? { failed: 1, found: 348 } : { found: 100 + ((i * 37) % 21) - 10 };
    });
    expect(splitOf(seconds)).toMatchObject({ race: 0, unknown: 0 });
  });

  it('calls it NAT without ports where each failure has one try, as with GRE, or two', () => {
    expect(splitOf(repeat(60, { failed: 10, found: 10 }))).toEqual(split(0, 0, 0, 600));
    expect(splitOf([...repeat(3, {}), ...repeat(60, { failed: 10, found: 20 })])).toEqual(split(0, 0, 0, 600));
    const keepalives = repeat(30, ...repeat(9, {}), { failed: 1, found: 1 });
    expect(splitOf([...keepalives, ...repeat(121, {})])).toEqual(split(0, 0, 0, 30));
  });

  it('knows it on a node that finds ports taken at any time, once there are enough failures', () => {
    const busy = (i: number) => 100 + ((i * 37) % 21) - 10;
    const seconds = Array.from({ length: 400 }, (_, i) => {
      return i % 4 === 3 ? { failed: 60, found: busy(i) + 60 } : { found: busy(i) };
    });
    const { nat_without_ports: withoutPorts, ...others } = splitOf(seconds)!;
    expect(others).toEqual({ race: 0, snat_ports: 0, unknown: 0 });
    expect(withoutPorts).toBeGreaterThan(5500);
  });

  it('does not call it a race, nor ports, where a range of 3 to 15 ports is used up', () => {
    for (const ports of [3, 4, 5, 8, 15]) {
      expect(splitOf([...repeat(60, {}, { failed: 2, found: 2 * ports }), ...repeat(121, {})])).toEqual(
        split(0, 0, 120),
      );
    }
  });

  it('says that it does not know where a few failures have as many tries, which may be those of other flows', () => {
    expect(splitOf([...repeat(3, { failed: 1, found: 1 }), ...repeat(121, {})])).toEqual(split(0, 0, 3));
    expect(splitOf([{ failed: 40, found: 26 }, ...repeat(121, {})])).toEqual(split(0, 0, 40));
  });

  it('still calls it a race where some of the failures coincide with tries of other flows', () => {
    expect(splitOf(repeat(60, { failed: 10, found: 2 }, { failed: 10, found: 0 }))).toEqual(split(1200));
    const seconds = Array.from({ length: 300 }, (_, i) => ({ failed: i % 2, found: i % 3 === 0 ? 1 : 0 }));
    expect(causesAfter(seconds).settledTotals).toMatchObject({ snat_ports: 0, nat_without_ports: 0, race: 150 });
  });

  it('says that it does not know where taken ports are too many and too uneven', () => {
    const seconds = Array.from({ length: 400 }, (_, i): Second => {
      return { failed: i % 8 === 7 ? 1 : 0, found: i % 3 === 0 ? 9000 : 100 };
    });
    const { race, snat_ports: ports, unknown } = splitOf(seconds)!;
    expect([race, ports]).toEqual([0, 0]);
    expect(unknown).toBeGreaterThan(20);
  });

  it('says so of few tries: a small range for TCP, or flows of the same moment', () => {
    expect(splitOf([...repeat(10, { failed: 5, found: 40 }), ...repeat(120, {})])).toEqual(split(0, 0, 50));
  });

  it('says so at once where the kernel does not count taken ports, and nothing where it counts no failures', () => {
    const causes = new InsertFailureCauses();
    causes.add(counterRow({ insert_failed: 7 }), 0);
    expect(causes.totals).toEqual(split(0, 0, 7));
    const none = new InsertFailureCauses();
    none.add(counterRow({ found: 7 }), 0);
    expect(none.totals).toBeUndefined();
  });

  it('waits at most two minutes, and not at all where asked to come to an end', () => {
    const open = [{ failed: 5, found: 40 }];
    expect(splitOf(open)).toEqual(split(0));
    expect(causesAfter(open).settledTotals).toEqual(split(0, 0, 5));
    expect(splitOf([...open, ...repeat(121, {})])).toEqual(split(0, 0, 5));
  });

  it('counts each failure once, and none twice, whatever comes', () => {
    const second = fc.record({ failed: fc.nat({ max: 50 }), found: fc.nat({ max: 9000 }), chains: fc.nat({ max: 3 }) });
    fc.assert(
      fc.property(fc.array(second, { maxLength: 300 }), (seconds) => {
        const causes = Object.values(causesAfter(seconds).settledTotals!);
        expect(causes.reduce((sum, lost) => sum + lost, 0)).toBe(seconds.reduce((sum, { failed }) => sum + failed, 0));
        expect(Math.min(...causes)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { SnatPorts, type TranslatedFlow } from '../../../src/analysis/flows/snat-ports.ts';

const [TCP, UDP, ICMP, IPV4, IPV6] = [6, 17, 1, 2, 10];
const [ESTABLISHED, TIME_WAIT] = [3, 7];
const NAT = [(10 << 24) | 5];
const SERVER = [(192 << 24) | (2 << 8) | 1];
const NAT6 = [0xfd00_0000, 0, 0, 5];
const SERVER6 = [0xfd00_0000, 0, 1, 1];

type Traits = {
  wanted?: number;
  given: number;
  nat?: number[];
  to?: number[];
  port?: number;
  protocol?: number;
  zone?: number;
  state?: number;
};

function flow({ wanted = 40_000, given, nat = NAT, to = SERVER, ...traits }: Traits): TranslatedFlow {
  const { port = 443, protocol = TCP, zone = 0, state = ESTABLISHED } = traits;
  const word = (address: readonly number[], at: number) => address[address.length - 4 + at] ?? 0;
  return {
    family: nat.length === 4 ? IPV6 : IPV4,
    state,
    original: { protocol, sourcePort: wanted },
    reply: {
      sourceWord: (at) => word(to, at),
      destinationWord: (at) => word(nat, at),
      sourcePort: port,
      destinationPort: given,
      zone,
    },
  };
}

const many = (count: number, traits: (i: number) => Traits) => Array.from({ length: count }, (_, i) => flow(traits(i)));

function topOf(flows: readonly TranslatedFlow[], population = flows.length, reusesTimeWait = false) {
  const ports = new SnatPorts({ capacity: 1024, seed: 1, reusesTimeWait });
  for (const each of flows) ports.add(each);
  return ports.top({ read: flows.length, population });
}

/** Spread as NAT spreads them: at random, each once. */
const spread = (i: number, from: number, ports: number) => from + ((i * 7919) % ports);

describe('SnatPorts', () => {
  it.each([50, 90, 100])('knows that %i of the 100 ports of a rule are in use', (used) => {
    const [row] = topOf(many(used, (i) => ({ given: spread(i, 30_000, 100) })));
    expect(row!.usable).toBeGreaterThanOrEqual(95);
    expect(row!.usable).toBeLessThanOrEqual(105);
    expect(row!.share).toBeCloseTo(used / 100, 1);
    expect([row!.low, row!.high]).toEqual([row!.share, row!.share]);
  });

  it('takes all ports of the class where NAT chooses far apart, or hardly at all', () => {
    const masqueraded = many(6451, (i) => ({ given: spread(i, 1024, 64_512) }));
    expect(topOf(masqueraded)[0]).toMatchObject({ usable: 64_512, used: 6451, share: 6451 / 64_512 });
    const kept = many(3000, (i) => ({ wanted: 33_000 + i, given: 33_000 + i }));
    expect(topOf(kept)[0]).toMatchObject({ usable: 64_512, used: 3000 });
    expect(topOf(many(19, (i) => ({ given: 30_000 + i })))[0]).toMatchObject({ usable: 64_512 });
  });

  it.each([
    { from: 32_768, ports: 32_768, used: 32_768 },
    { from: 32_768, ports: 32_768, used: 30_000 },
    { from: 2048, ports: 63_488, used: 60_000 },
    { from: 40_000, ports: 1000, used: 900 },
    { from: 61_000, ports: 4536, used: 4000 },
  ])('knows a rule for $ports ports from $from when $used of them are in use', ({ from, ports, used }) => {
    const [row] = topOf(many(used, (i) => ({ given: spread(i, from, ports) })));
    expect(row!.usable).toBeGreaterThan(0.97 * ports);
    expect(row!.usable).toBeLessThan(1.03 * ports);
    expect(row!.share).toBeCloseTo(used / ports, 1);
  });

  it('takes all ports of the class where chance may have left a part of it unused', () => {
    const upper = many(25, (i) => ({ given: spread(i, 20_000, 45_000) }));
    expect(topOf(upper)[0]).toMatchObject({ usable: 64_512 });
  });

  it('counts the ports of each conntrack zone for itself', () => {
    const half = (zone: number) => many(2000, (i) => ({ wanted: 2000 + i, given: 2000 + i, zone }));
    const rows = topOf([...half(0), ...half(5), ...half(9)]);
    expect(rows.map(({ used }) => used)).toEqual([2000]);
  });

  it('counts ports in TIME_WAIT apart where a new connection may take them, and as used where it may not', () => {
    const flows = [
      ...many(300, (i) => ({ wanted: 2000 + i, given: 2000 + i })),
      ...many(900, (i) => ({ wanted: 4000 + i, given: 4000 + i, state: TIME_WAIT })),
      ...many(50, (i) => ({ wanted: 9000 + i, given: 9000 + i, state: TIME_WAIT, protocol: UDP })),
    ];
    const since65 = topOf(flows, flows.length, true);
    expect(since65.map(({ protocol, used, timeWait }) => ({ protocol, used, timeWait }))).toEqual([
      { protocol: 'tcp', used: 300, timeWait: 900 },
      { protocol: 'udp', used: 50, timeWait: 0 },
    ]);
    const before = topOf(flows)[0]!;
    expect([before.used, before.timeWait]).toEqual([1200, undefined]);
  });

  it('leaves out flows of a protocol without a tracker, whose ports the kernel does not give', () => {
    expect(topOf(many(5, () => ({ wanted: -1, given: -1, protocol: 132 })))).toEqual([]);
  });

  it.each([
    [100, 511],
    [800, 424],
    [1024, 64_512],
  ])('knows that a client at port %i is given one of %i', (wanted, usable) => {
    expect(topOf(many(40, () => ({ wanted, given: wanted })))[0]).toMatchObject({ usable, used: 40 });
  });

  it('counts each destination, port, protocol and translated address for itself, in both families', () => {
    const rows = topOf([
      ...many(5, (i) => ({ given: 5000 + i })),
      ...many(4, (i) => ({ given: 5000 + i, port: 80 })),
      ...many(3, (i) => ({ given: 5000 + i, protocol: UDP })),
      ...many(2, (i) => ({ given: 5000 + i, nat: [(10 << 24) | 6] })),
      ...many(1, (i) => ({ given: 5000 + i, nat: NAT6, to: SERVER6 })),
      ...many(9, (i) => ({ given: 5000 + i, protocol: ICMP })),
    ]);
    const names = rows.map(({ address, destination, port, protocol, used }) => [
      address,
      destination,
      port,
      protocol,
      used,
    ]);
    expect(names).toEqual([
      ['10.0.0.5', '192.0.2.1', 443, 'tcp', 5],
      ['10.0.0.5', '192.0.2.1', 80, 'tcp', 4],
      ['10.0.0.5', '192.0.2.1', 443, 'udp', 3],
      ['10.0.0.6', '192.0.2.1', 443, 'tcp', 2],
      ['fd00::5', 'fd00::1:0:1', 443, 'tcp', 1],
    ]);
    expect(rows[4]!.family).toBe('ipv6');
  });

  it('lists a pair once, with the higher share, where clients with privileged and with other ports go to the same service', () => {
    const rows = topOf([
      ...many(300, (i) => ({ wanted: 600 + i, given: 600 + i, port: 2049 })),
      ...many(400, (i) => ({ wanted: 5000 + i, given: 5000 + i, port: 2049 })),
      ...many(1, () => ({ wanted: 5000, given: 5000, port: 2050 })),
    ]);
    expect(rows.map(({ port, used, usable }) => [port, used, usable])).toEqual([
      [2049, 300, 424],
      [2050, 1, 64_512],
    ]);
  });

  it('lists the highest shares of the most used, not the most flows', () => {
    const rows = topOf([
      ...many(300, (i) => ({ given: 20_000 + i, wanted: 20_000 + i, port: 80 })),
      ...many(30, (i) => ({ given: 100 + i, wanted: 100 + i })),
      ...Array.from({ length: 20 }, (_, i) => flow({ given: spread(9 * i, 1024, 64_512), port: 1000 + i })),
    ]);
    expect(rows).toHaveLength(10);
    expect(rows.slice(0, 2).map(({ used }) => used)).toEqual([30, 300]);
  });

  it('scales a sample to the table, with its margin', () => {
    const flows = many(2000, (i) => ({ given: spread(i, 1024, 64_512) }));
    const [row] = topOf(flows, 60_000);
    expect(row!.used).toBe(60_000);
    expect(row!.share).toBeCloseTo(0.93, 2);
    expect(row!.low).toBeLessThanOrEqual(row!.share);
    const unknown = topOf(flows, Number.POSITIVE_INFINITY);
    expect(unknown).toEqual([]);
  });

  it('leaves out the flows of more translated addresses than a node has, and stays small', () => {
    const rows = topOf(many(5000, (i) => ({ given: 5000, nat: [(11 << 24) | i] })));
    expect(rows).toHaveLength(10);
    expect(rows.every(({ used }) => used === 1)).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../../simulator/random.ts';
import { type CountedFlow, FlowCounter, type FlowCounterOptions } from '../../../src/analysis/flows/flow-counter.ts';
import type { FlowSampleEnd } from '../../../src/model/flows.ts';
import type { Timeout } from '../../../src/model/reading.ts';

type Traits = Partial<Omit<CountedFlow, 'original'>> & {
  source?: readonly number[];
  destination?: readonly number[];
  protocol?: number;
  port?: number;
};

const OPTIONS: FlowCounterOptions = { top: 3, capacity: 1024, seed: 1 };
const WHOLE: FlowSampleEnd = { isComplete: true, entriesBefore: undefined, entriesAfter: undefined };
const STOPPED = { isComplete: false, incompleteReason: 'budget' } as const;
const [IPV4, IPV6] = [2, 10];
const [REPLIED, ASSURED, SRC_NAT, DST_NAT, OFFLOAD] = [2, 4, 16, 32, 1 << 14];

function flow({ source = v4(1), destination = v4(2), protocol = 6, port = 443, ...rest }: Traits): CountedFlow {
  const [sourceWord, destinationWord] = [source, destination].map((words) => (word: number) => words[word]! | 0);
  const original = {
    sourceWord: sourceWord!,
    destinationWord: destinationWord!,
    protocol,
    sourcePort: 0,
    destinationPort: port,
  };
  const reply = {
    sourceWord: destinationWord!,
    destinationWord: sourceWord!,
    sourcePort: port,
    destinationPort: 0,
    zone: 0,
  };
  return { family: IPV4, status: 0, state: 3, timeoutSeconds: 100, ...rest, original, reply };
}

function v4(last: number): number[] {
  return [0, 0, 0, 0x0a000000 + last];
}

type Rest = Partial<FlowCounterOptions> & { timeouts?: readonly Timeout[] };

function flowSampleOf(
  flows: readonly CountedFlow[],
  end: Partial<FlowSampleEnd> = {},
  { timeouts = [], ...options }: Rest = {},
) {
  const count = new FlowCounter({ ...OPTIONS, ...options }).begin(timeouts);
  for (const it of flows) count.add(it);
  return count.end({ ...WHOLE, ...end });
}

function times<T>(n: number, make: (index: number) => T): T[] {
  return Array.from({ length: n }, (_, index) => make(index));
}

describe('FlowCounter', () => {
  it('says of an empty table that it is empty', () => {
    const flowSample = flowSampleOf([]);
    expect(flowSample).toMatchObject({
      read: 0,
      entries: 0,
      states: [],
      unreplied: { share: 0, low: 0, high: 0, flows: 0 },
    });
    expect(flowSample.sources).toMatchObject({ top: [], other: { read: 0, flows: 0 }, keys: 0, missed: 0 });
  });

  it('shares out what the status bits tell', () => {
    const statuses = [0, REPLIED, REPLIED | ASSURED, REPLIED | ASSURED | SRC_NAT, SRC_NAT | DST_NAT, ASSURED | OFFLOAD];
    expect(flowSampleOf(statuses.map((status) => flow({ status })))).toMatchObject({
      unreplied: { read: 3, share: 0.5, low: 0.5, high: 0.5, flows: 3 },
      unassured: { read: 3 },
      nat: { read: 2 },
      sourceNat: { read: 2 },
      destinationNat: { read: 1 },
      offloaded: { read: 1 },
    });
  });

  it('ranks sources, services and prefixes, and puts the rest together', () => {
    const flowSample = flowSampleOf([
      ...times(5, () => flow({ source: v4(0x101) })),
      ...times(3, (i) => flow({ source: v4(0x100 + 10 + i), port: 53, protocol: 17 })),
      ...times(2, (i) => flow({ source: v4(0x200 + i), destination: v4(9), protocol: 1, port: -1 })),
    ]);
    expect(flowSample.sources.top[0]).toMatchObject({
      family: 'ipv4',
      address: '10.0.1.1',
      read: 5,
      share: 0.5,
      flows: 5,
    });
    expect(flowSample.sources.other).toMatchObject({ read: 3, share: 0.3, low: 0.3, high: 0.3 });
    expect(flowSample.sources.keys).toBe(6);
    expect(flowSample.destinations.top).toMatchObject([
      { address: '10.0.0.2', port: 443, protocol: 'tcp', read: 5 },
      { address: '10.0.0.2', port: 53, protocol: 'udp', read: 3 },
      { address: '10.0.0.9', port: undefined, protocol: 'icmp', read: 2 },
    ]);
    expect(flowSample.prefixes.top.map(({ prefix, read }) => [prefix, read])).toEqual([
      ['10.0.1.0/24', 8],
      ['10.0.2.0/24', 2],
    ]);
  });

  it('ranks IPv6 by the whole address and by its /64, apart from IPv4', () => {
    const source = (last: number) => [0xfd000000, 0x00000007, 0, last];
    const flows = [...times(2, (i) => flow({ family: IPV6, source: source(i) })), flow({ source: v4(0) })];
    const flowSample = flowSampleOf(flows);
    expect(flowSample.sources.top.map(({ address }) => address)).toEqual(['fd00:0:0:7::', 'fd00:0:0:7::1', '10.0.0.0']);
    expect(flowSample.prefixes.top.map(({ prefix }) => prefix)).toEqual(['fd00:0:0:7::/64', '10.0.0.0/24']);
  });

  it('names states as the kernel does, and what it does not tell by other means', () => {
    const flowSample = flowSampleOf([
      flow({ state: 1 }),
      flow({ state: -1, status: OFFLOAD }),
      flow({ state: 200 }),
      flow({ protocol: 17, state: -1 }),
      flow({ protocol: 17, state: -1, status: REPLIED, family: IPV6 }),
      flow({ protocol: 132, state: 4 }),
      flow({ protocol: 250, state: -1 }),
      flow({ protocol: 251, state: -1 }),
    ]);
    expect(
      flowSample.states.map(({ family, protocol, state, read }) => `${family} ${protocol} ${state} ${read}`),
    ).toEqual([
      'ipv4 other unreplied 2',
      'ipv4 tcp syn_sent 1',
      'ipv4 tcp other 1',
      'ipv4 tcp offloaded 1',
      'ipv4 udp unreplied 1',
      'ipv4 sctp established 1',
      'ipv6 udp replied 1',
    ]);
    expect(flowSample.destinations.top[1]).toMatchObject({ protocol: 'other', read: 2 });
  });

  it('takes no flow for offloaded, and no port for 65535, because its protocol has no tracker', () => {
    const flowSample = flowSampleOf([
      ...times(3, () => flow({ protocol: 132, port: -1, state: -1, status: REPLIED })),
      flow({ protocol: 33, port: -1, state: -1 }),
      flow({ protocol: 6, port: 443, state: -1, status: 1 << 15 }),
    ]);
    expect(flowSample.states.map(({ protocol, state }) => `${protocol} ${state}`).sort()).toEqual([
      'dccp unreplied',
      'sctp replied',
      'tcp offloaded',
    ]);
    expect(flowSample.destinations.top.map(({ protocol, port }) => [protocol, port])).toEqual([
      ['sctp', undefined],
      ['dccp', undefined],
      ['tcp', 443],
    ]);
  });

  it('scales a sample to the entries of the table, and has no number where those are not known', () => {
    const flows = times(1000, (i) => flow({ status: i < 250 ? REPLIED : 0 }));
    const sampled = flowSampleOf(flows, { ...STOPPED, entriesBefore: 9000, entriesAfter: 11_000 });
    expect(sampled).toMatchObject({ entries: 10_000, unreplied: { read: 750, share: 0.75, flows: 7500 } });
    expect(sampled.unreplied.high - sampled.unreplied.low).toBeGreaterThan(0.04);
    const unknown = flowSampleOf(flows, STOPPED);
    expect(unknown).toMatchObject({ entries: undefined, unreplied: { share: 0.75, flows: undefined } });
    expect(unknown.unreplied.low).toBeLessThan(sampled.unreplied.low);
  });

  it('never takes the table for smaller than what was read of it', () => {
    const flows = times(100, () => flow({}));
    expect(flowSampleOf(flows, { ...STOPPED, entriesBefore: 10, entriesAfter: 20 }).entries).toBe(100);
  });

  it('counts as many flows as it read when that was all, whatever the kernel counts besides', () => {
    const flows = times(100, () => flow({}));
    expect(flowSampleOf(flows, { entriesBefore: 140, entriesAfter: 150 }).entries).toBe(100);
  });

  it('stays small under a million spoofed sources, says by how much it is wrong, and still finds who is behind', () => {
    const count = new FlowCounter({ ...OPTIONS, top: 20, capacity: 4096 });
    const random = randomFrom(3);
    for (let i = 0; i < 1_000_000; i += 1) {
      const spoofed = [0, 0, 0, Math.floor(random() * 2 ** 32)];
      count.add(flow({ source: i % 20 === 0 ? v4(7) : spoofed, port: i % 65_536, status: 0, protocol: 17, state: -1 }));
    }
    const { sources, destinations } = count.end(WHOLE);
    expect(sources.top[0]!.address).toBe('10.0.0.7');
    expect(sources.top[0]!.low).toBeLessThanOrEqual(0.05);
    expect(sources.top[0]!.high).toBeGreaterThanOrEqual(0.05);
    expect(sources.keys).toBeUndefined();
    expect(sources.missed).toBeGreaterThan(0);
    expect(sources.missed).toBeLessThanOrEqual(1_000_000 / 4097);
    expect(destinations.top).toHaveLength(20);
  });

  it('forgets everything of the dump before', () => {
    const flows = times(3000, (i) => flow({ source: v4(i), status: i & 0xffff, state: i % 9 }));
    const again = new FlowCounter({ ...OPTIONS, capacity: 1000 }).begin([]);
    const once = (count: FlowCounter, some: readonly CountedFlow[]) => {
      for (const it of some) count.add(it);
      return count.end(WHOLE);
    };
    const fresh = new FlowCounter({ ...OPTIONS, capacity: 1000 }).begin([]);
    const last = flows.slice(0, 100);
    once(again, flows);
    expect(once(again.begin([]), last)).toEqual(once(fresh, last));
  });

  it('does not take the luckiest of many equals for more than they are', () => {
    const random = randomFrom(5);
    const flows = times(5000, () => flow({ source: v4(Math.floor(random() * 100_000)) }));
    const { sources } = flowSampleOf(flows, { ...STOPPED, entriesBefore: 1e6, entriesAfter: 1e6 }, { capacity: 8192 });
    for (const { low, high } of sources.top) expect(low <= 1e-5 && 1e-5 <= high).toBe(true);
  });

  it('gives a key that stands out of the crowd an interval of its own', () => {
    const flows = times(20_000, (i) => flow({ source: v4(i % 4 === 0 ? 7 : i) }));
    const { sources } = flowSampleOf(
      flows,
      { ...STOPPED, entriesBefore: 1e6, entriesAfter: 1e6 },
      { capacity: 32_768 },
    );
    const { low, high } = sources.top[0]!;
    expect(high - low).toBeLessThan(0.015);
  });

  it('tells every flow in at most 42 rows of states, whatever the table holds', () => {
    const flows = [IPV4, IPV6].flatMap((family) =>
      times(256, (protocol) =>
        times(20, (state) => flow({ family, protocol, state: state - 1, status: state })),
      ).flat(),
    );
    const { states, read } = flowSampleOf(flows);
    expect(states.length).toBeLessThanOrEqual(42);
    expect(states.reduce((sum, row) => sum + row.read, 0)).toBe(read);
    const names = states.map(({ family, protocol, state }) => `${family} ${protocol} ${state}`);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('idle flows', () => {
  const timeouts = [
    { protocol: 'tcp', state: 'established', seconds: 432_000 },
    { protocol: 'tcp', state: 'max_retrans', seconds: 300 },
  ];
  const idle = (seconds: number, traits: Traits = {}) => flow({ timeoutSeconds: 432_000 - seconds, ...traits });

  it('are established TCP flows that have used up their timeout', () => {
    const flows = [idle(0), idle(600), idle(601), idle(7200), idle(100_000), idle(9000, { state: 5 })];
    const flowSample = flowSampleOf([...flows, idle(9000, { protocol: 132 })], {}, { timeouts });
    expect(flowSample.idle!.map(({ overSeconds, read }) => [overSeconds, read])).toEqual([
      [600, 3],
      [3600, 2],
      [86_400, 1],
    ]);
    expect(flowSample.longestIdleSeconds).toBe(100_000);
  });

  it('are not those that wait for an acknowledgement, nor those whose timeout is not told', () => {
    const flowSample = flowSampleOf([idle(431_800), flow({ timeoutSeconds: -1 })], {}, { timeouts });
    expect(flowSample.idle!.map(({ read }) => read)).toEqual([0, 0, 0]);
    expect(flowSample.longestIdleSeconds).toBeUndefined();
  });

  it('have been idle for no time when the timeout was lowered after their last packet', () => {
    expect(flowSampleOf([idle(-500)], {}, { timeouts }).longestIdleSeconds).toBe(0);
  });

  it('are not known where the timeout is not', () => {
    expect(flowSampleOf([idle(9000)]).idle).toBeUndefined();
  });
});

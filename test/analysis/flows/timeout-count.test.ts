import { describe, expect, it } from 'vitest';
import { FlowCounter } from '../../../src/analysis/flows/flow-counter.ts';
import type { AskedTimeouts } from '../../../src/analysis/flows/timeout-rules.ts';
import { type FlowSample, rankedTimeouts, timeoutName } from '../../../src/model/flows.ts';
import type { Timeout } from '../../../src/model/reading.ts';
import { ASSURED, type FlowOptions, flowOf, SEEN_REPLY, ten } from './counted-flows.ts';

const TIMEOUTS: readonly Timeout[] = [
  { protocol: 'generic', state: 'default', seconds: 600 },
  { protocol: 'icmp', state: 'default', seconds: 30 },
  { protocol: 'tcp', state: 'established', seconds: 432_000 },
  { protocol: 'tcp', state: 'max_retrans', seconds: 300 },
  { protocol: 'tcp', state: 'syn_sent', seconds: 120 },
  { protocol: 'tcp', state: 'time_wait', seconds: 120 },
  { protocol: 'tcp', state: 'unacknowledged', seconds: 300 },
  { protocol: 'udp', state: 'default', seconds: 30 },
  { protocol: 'udp', state: 'stream', seconds: 120 },
];
const [TCP, UDP, ESTABLISHED, TIME_WAIT] = [6, 17, 3, 7];
const BOTH = SEEN_REPLY | ASSURED;

type Parts = { asked?: AskedTimeouts; entries?: number; timeouts?: readonly Timeout[] };

function sampleOf(
  flows: readonly Partial<FlowOptions>[],
  { asked, entries, timeouts = TIMEOUTS }: Parts = {},
): FlowSample {
  const count = new FlowCounter({ top: 3, capacity: 1024, seed: 1, asked }).begin(timeouts);
  for (const flow of flows) count.add(flowOf({ source: ten(0, 0, 1), ...flow }));
  return count.end({ isComplete: entries === undefined, entriesBefore: entries, entriesAfter: entries });
}

function times<T>(n: number, make: (index: number) => T): T[] {
  return Array.from({ length: n }, (_, index) => make(index));
}

/** Flows freed by each of the shorter values of a timeout. */
function freed(flowSample: FlowSample, name: string): Record<number, number> {
  const effect = flowSample.timeouts.find((one) => timeoutName(one) === name)!;
  return Object.fromEntries(effect.shorter.map(({ seconds, read }) => [seconds, read]));
}

const timeWait = (timeoutSeconds: number) => ({ protocol: TCP, state: TIME_WAIT, status: BOTH, timeoutSeconds });
const established = (idleSeconds: number) => {
  return { protocol: TCP, state: ESTABLISHED, status: BOTH, timeoutSeconds: 432_000 - idleSeconds };
};

describe('TimeoutCount', () => {
  it('counts entries idle for longer than a shorter value, and none at that value', () => {
    const flowSample = sampleOf([timeWait(119), timeWait(90), timeWait(89), timeWait(1), timeWait(0)]);
    expect(freed(flowSample, 'tcp_timeout_time_wait')).toEqual({ 30: 3 });
  });

  it('tells a UDP stream from other UDP by its being assured, which sets its timer', () => {
    const udp = (status: number, timeoutSeconds: number) => ({ protocol: UDP, status, timeoutSeconds });
    const flowSample = sampleOf([udp(0, 5), udp(SEEN_REPLY, 5), udp(SEEN_REPLY, 25), udp(BOTH, 5), udp(BOTH, 100)]);
    expect(freed(flowSample, 'udp_timeout')).toEqual({ 10: 2 });
    expect(freed(flowSample, 'udp_timeout_stream')).toEqual({ 60: 1 });
  });

  it('does not judge a connection whose timer may be that of unacknowledged data, and says so in the interval', () => {
    const flowSample = sampleOf([established(100_000), established(431_800), established(431_999), established(5)]);
    const [day] = flowSample.timeouts.find((one) => timeoutName(one) === 'tcp_timeout_established')!.shorter;
    expect(day).toMatchObject({ seconds: 86_400, read: 1, share: 0.25, low: 0.25, high: 0.75 });
  });

  it('judges every flow of a timeout that is shorter than that of unacknowledged data', () => {
    const { timeouts } = sampleOf([timeWait(1)]);
    const [thirty] = timeouts.find((one) => timeoutName(one) === 'tcp_timeout_time_wait')!.shorter;
    expect(thirty).toMatchObject({ low: 1, high: 1 });
  });

  it('takes a timer longer than the timeout, or none, for no idle time', () => {
    const flowSample = sampleOf([timeWait(500), timeWait(-1), { protocol: UDP, timeoutSeconds: -1 }]);
    expect(freed(flowSample, 'tcp_timeout_time_wait')).toEqual({ 30: 0 });
    expect(freed(flowSample, 'udp_timeout')).toEqual({ 10: 0 });
  });

  it('counts protocols without a tracker under the generic timeout, GRE too where it has none', () => {
    const flows = [47, 50, 4].map((protocol) => ({ protocol, timeoutSeconds: 1 }));
    expect(freed(sampleOf(flows), 'generic_timeout')).toEqual({ 60: 3, 120: 3 });
    const gre = { protocol: 'gre', state: 'default', seconds: 30 };
    expect(freed(sampleOf(flows, { timeouts: [...TIMEOUTS, gre] }), 'generic_timeout')).toEqual({ 60: 2, 120: 2 });
  });

  it('ranks timeouts by what their shortest value would free', () => {
    const flows = [
      ...times(3, () => timeWait(1)),
      ...times(5, () => ({ protocol: UDP, timeoutSeconds: 1 })),
      established(9000),
    ];
    const ranked = rankedTimeouts(sampleOf(flows).timeouts).slice(0, 3);
    expect(ranked.map((row) => [timeoutName(row), row.shorter.seconds, row.shorter.read])).toEqual([
      ['udp_timeout', 10, 5],
      ['tcp_timeout_time_wait', 30, 3],
      ['tcp_timeout_established', 7440, 1],
    ]);
  });

  it('keeps the three destinations with the longest idle times, each once', () => {
    const idle = (seconds: number, last: number) => ({
      ...established(seconds),
      destination: ten(96, 0, last),
      port: 443,
    });
    const flows = [idle(50, 1), idle(900, 2), idle(70, 1), idle(10, 3), idle(20, 4), idle(900, 2), idle(5, 1)];
    const { longestIdle } = sampleOf(flows).timeouts.find((one) => timeoutName(one) === 'tcp_timeout_established')!;
    expect(longestIdle.map(({ address, port, idleSeconds }) => [address, port, idleSeconds])).toEqual([
      ['10.96.0.2', 443, 900],
      ['10.96.0.1', 443, 70],
      ['10.96.0.4', 443, 20],
    ]);
  });

  it('answers for the values asked for alone and together, and allows for chance', () => {
    const asked = new Map([
      ['tcp_timeout_time_wait', 60],
      ['udp_timeout', 15],
    ]);
    const flows = [
      ...times(400, (i) => timeWait(i % 120)),
      ...times(500, (i) => ({ protocol: UDP, timeoutSeconds: i % 30 })),
      ...times(100, () => established(5)),
    ];
    const flowSample = sampleOf(flows, { asked });
    const [timeWaitFreed, udpFreed] = [freed(flowSample, 'tcp_timeout_time_wait'), freed(flowSample, 'udp_timeout')];
    const expected = (of: number, limit: number, timeout: number) =>
      times(of, (i) => timeout - (i % timeout)).filter((idle) => idle > limit).length;
    expect(timeWaitFreed).toEqual({ 60: expected(400, 60, 120) });
    expect(udpFreed).toEqual({ 15: expected(500, 15, 30) });
    const { freed: both, left } = flowSample.whatIf!;
    expect(both.read).toBe(timeWaitFreed[60]! + udpFreed[15]!);
    expect(left!.entries).toBe(1000 - both.read);
    const chance = 1.96 * Math.sqrt(2 * left!.entries);
    expect([left!.low, left!.high]).toEqual([Math.floor(left!.entries - chance), Math.ceil(left!.entries + chance)]);
  });

  it('scales a sample to the table, and has no number where its entries are not known', () => {
    const asked = new Map([['tcp_timeout_time_wait', 60]]);
    const flows = times(1000, (i) => timeWait(i < 250 ? 1 : 100));
    const { left } = sampleOf(flows, { asked, entries: 10_000 }).whatIf!;
    expect(left!.entries).toBe(7500);
    expect(left!.low < 7250 && left!.high > 7750).toBe(true);
    const count = new FlowCounter({ top: 3, capacity: 1024, seed: 1, asked }).begin(TIMEOUTS);
    for (const flow of flows) count.add(flowOf({ source: ten(0, 0, 1), ...flow }));
    const unknown = count.end({ isComplete: false, entriesBefore: undefined, entriesAfter: undefined });
    expect(unknown.whatIf!.left).toBeUndefined();
  });
});

describe('a timeout that was raised', () => {
  const DAY = 86_400;
  const idleOverHour = (sample: FlowSample) => sample.idle!.find(({ overSeconds }) => overSeconds === 3600)!.read;
  const effectOf = (sample: FlowSample) =>
    sample.timeouts.find((one) => timeoutName(one) === 'tcp_timeout_established')!;

  it('leaves open how long connections with the timer from before have been idle', () => {
    const asked = new Map([['tcp_timeout_established', DAY]]);
    const sample = sampleOf(
      times(200, () => established(432_000 - DAY + 2)),
      { asked },
    );
    expect(sample.idle).toBeUndefined();
    expect(sample.longestIdleSeconds).toBeUndefined();
    expect(effectOf(sample)).toMatchObject({ raisedFrom: DAY, longestIdle: [] });
    expect(sample.whatIf!.freed).toMatchObject({ low: 0, high: 1 });
  });

  it('still counts those idle that the raise does not explain', () => {
    const young = times(20, () => established(432_000 - DAY + 2));
    const sample = sampleOf([...young, ...times(7, () => established(10_000))]);
    expect(freed(sample, 'tcp_timeout_established')).toEqual({ 86400: 0, 7440: 7 });
  });

  it('does not doubt connections of every age, as those are that nobody closed', () => {
    const sample = sampleOf(times(400, (i) => established(1000 * (i + 1))));
    expect(idleOverHour(sample)).toBe(397);
    expect(effectOf(sample).raisedFrom).toBeUndefined();
    expect(sample.longestIdleSeconds).toBe(400_000);
  });

  it('does not doubt a few of them, which prove nothing', () => {
    expect(idleOverHour(sampleOf(times(4, () => established(400_000))))).toBe(4);
  });

  it('is doubted in any case where the counter has seen it being raised, of any timeout, and only as long as needed', () => {
    const count = new FlowCounter({ top: 3, capacity: 1024, seed: 1 });
    const at = (seconds: number, atMs: number) => {
      const timeouts = [{ protocol: 'udp', state: 'default', seconds }];
      count.begin(timeouts, atMs);
      count.add(flowOf({ source: ten(0, 0, 1), protocol: UDP, timeoutSeconds: 9 }));
      return count.end({ isComplete: true, entriesBefore: 1, entriesAfter: 1 });
    };
    expect(freed(at(10, 0), 'udp_timeout')).toEqual({ 5: 0 });
    const raised = at(120, 1000);
    expect(freed(raised, 'udp_timeout')).toEqual({ 30: 0, 10: 0 });
    expect(raised.timeouts[0]!.raisedFrom).toBe(10);
    expect(freed(at(120, 11_000), 'udp_timeout')).toEqual({ 30: 1, 10: 1 });
  });
});

import { describe, expect, it } from 'vitest';
import { NewFlowCount } from '../../src/analysis/new-flows/new-flow-count.ts';
import { FamilyTexts } from '../../src/metrics/family-texts.ts';
import { type FlowSampleSource, registerFlowSample } from '../../src/metrics/flow-families.ts';
import { registerNewFlows } from '../../src/metrics/new-flow-families.ts';
import type { FlowSample } from '../../src/model/flow-sample.ts';
import {
  ASSURED,
  type FlowOptions,
  flowOf,
  flowSampleOf,
  SEEN_REPLY,
  ten,
} from '../analysis/flow-sample/counted-flows.ts';

const SKIPPED = new Map([
  ['running', 0],
  ['late', 2],
  ['memory', 0],
]);

function sourceOf(flowSample: FlowSample | undefined): FlowSampleSource {
  const taken = flowSample && { flowSample, limit: 1000, unlisted: 3, durationSeconds: 0.25, endedMs: 0 };
  return { taken, ageSeconds: taken && 7, skipped: SKIPPED, failures: 1 };
}

/** Series by their name with labels. */
function exposition() {
  const families = new FamilyTexts();
  const publish = registerFlowSample(families);
  return async (source: FlowSampleSource | undefined): Promise<Map<string, number>> => {
    publish(source);
    const lines = (await families.render('text')).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
  };
}

/** Every protocol and state, of both families, and no two flows alike in anything. */
function* hostileFlows(): Generator<FlowOptions> {
  for (let i = 0; i < 20_000; i += 1) {
    const source = i % 2 === 0 ? ten(i >> 16, (i >> 8) & 255, i & 255) : [0xfd000000 | i, i, i, i];
    const destination = i % 2 === 0 ? ten(200, (i >> 8) & 255, i & 255) : [0xfe000000 | i, i, i, i];
    const protocol = [6, 17, 132, 33, 136, 1, 58, 47, i % 256][i % 9]!;
    yield { source, destination, protocol, port: i, state: (i >> 4) % 16, status: i % 64 };
  }
}

describe('registerFlowSample()', () => {
  it.each([1, 20, 100])(
    'never has more than 131 series, whatever is in the table, with --flows.top %i',
    async (top) => {
      const flowSample = flowSampleOf(hostileFlows(), { top, entries: 1_000_000, capacity: 512 });
      const series = await exposition()(sourceOf(flowSample));
      expect(flowSample.states.length).toBeGreaterThan(38);
      expect(series.size).toBeLessThanOrEqual(131);
      const count = (name: string) => [...series.keys()].filter((key) => key.startsWith(`${name}{`)).length;
      expect(count('conntrack_flows')).toBe(38);
      expect(count('conntrack_top_flows')).toBe(3 * (Math.min(top, 20) + 1));
    },
  );

  it('has at most 160 series together with the new flows of a hostile table', async () => {
    const families = new FamilyTexts();
    registerFlowSample(families)(sourceOf(flowSampleOf(hostileFlows(), { top: 100, entries: 1_000_000 })));
    const count = new NewFlowCount({ top: 100, seed: 3 }).begin();
    for (const flow of hostileFlows()) count.add(flowOf(flow));
    const newFlows = count.end({ windowSeconds: 0.1, lost: 9 });
    registerNewFlows(families)({ counted: { newFlows, endedMs: 0 }, ageSeconds: 1, lost: 9, failures: 2 });
    const lines = (await families.render('text')).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines.filter((line) => line.startsWith('conntrack_top_openers{'))).toHaveLength(12);
    expect(lines.length).toBeLessThanOrEqual(160);
  });

  it('accounts for every flow in each ranking and in the states', async () => {
    const flowSample = flowSampleOf(hostileFlows(), { top: 30 });
    const series = await exposition()(sourceOf(flowSample));
    const sum = (prefix: string) =>
      [...series].filter(([key]) => key.startsWith(prefix)).reduce((total, [, value]) => total + value, 0);
    expect(sum('conntrack_flows{')).toBe(20_000);
    for (const ranking of ['source', 'destination', 'prefix']) {
      expect(sum(`conntrack_top_flows{ranking="${ranking}"`)).toBe(20_000);
    }
  });

  it('names addresses, services and prefixes, and carries the rest as other', async () => {
    const flows = [
      ...Array.from({ length: 6 }, () => ({ source: ten(1, 2, 3) })),
      ...Array.from({ length: 3 }, () => ({ source: [0xfd000000 | 0, 0, 0, 1], port: 443, protocol: 6, state: 3 })),
      { source: ten(1, 2, 9), protocol: 1, status: SEEN_REPLY | ASSURED },
    ];
    const series = await exposition()(sourceOf(flowSampleOf(flows, { top: 2 })));
    const top = [...series].filter(([key]) => key.startsWith('conntrack_top_flows'));
    expect(Object.fromEntries(top)).toEqual({
      'conntrack_top_flows{ranking="source",address="10.1.2.3",port="",protocol=""}': 6,
      'conntrack_top_flows{ranking="source",address="fd00::1",port="",protocol=""}': 3,
      'conntrack_top_flows{ranking="source",address="other",port="",protocol=""}': 1,
      'conntrack_top_flows{ranking="destination",address="10.96.0.10",port="53",protocol="udp"}': 6,
      'conntrack_top_flows{ranking="destination",address="::a60:a",port="443",protocol="tcp"}': 3,
      'conntrack_top_flows{ranking="destination",address="other",port="",protocol=""}': 1,
      'conntrack_top_flows{ranking="prefix",address="10.1.2.0/24",port="",protocol=""}': 7,
      'conntrack_top_flows{ranking="prefix",address="fd00::/64",port="",protocol=""}': 3,
      'conntrack_top_flows{ranking="prefix",address="other",port="",protocol=""}': 0,
    });
    expect(series.get('conntrack_flows{family="ipv6",protocol="tcp",state="established"}')).toBe(3);
    expect(series.get('conntrack_flow_share{of="unassured"}')).toBe(0.9);
    expect(series.get('conntrack_flow_sample_margin_ratio')).toBe(0);
    expect(series.get('conntrack_flow_sample_complete')).toBe(1);
    expect(series.get('conntrack_flows_unlisted')).toBe(3);
    expect(series.get('conntrack_flow_sample_age_seconds')).toBe(7);
    expect(series.get('conntrack_flow_sample_skipped_total{reason="late"}')).toBe(2);
  });

  it('scales a sample to the table and says how far a share may be off', async () => {
    const flows = Array.from({ length: 1000 }, (_, i) => ({ source: ten(0, 0, i % 10 < 3 ? 1 : 2) }));
    const series = await exposition()(sourceOf(flowSampleOf(flows, { entries: 50_000 })));
    expect(series.get('conntrack_top_flows{ranking="source",address="10.0.0.1",port="",protocol=""}')).toBe(15_000);
    expect(series.get('conntrack_flow_sample_complete')).toBe(0);
    const error = series.get('conntrack_flow_sample_margin_ratio')!;
    expect(error > 0.02 && error < 0.05).toBe(true);
  });

  it('keeps no series of the flow sample before', async () => {
    const publish = exposition();
    await publish(sourceOf(flowSampleOf([{ source: ten(0, 0, 1) }])));
    const series = await publish(sourceOf(flowSampleOf([{ source: ten(0, 0, 2) }])));
    expect([...series.keys()].filter((key) => key.includes('10.0.0.1'))).toEqual([]);
    expect([...series.keys()].filter((key) => key.includes('10.0.0.2'))).toHaveLength(1);
  });

  it('has only what it counts itself before the first flow sample, and nothing when it is off', async () => {
    const names = new Set([...(await exposition()(sourceOf(undefined))).keys()].map((key) => key.match(/^\w+/)![0]));
    expect([...names].sort()).toEqual(['conntrack_flow_sample_failures_total', 'conntrack_flow_sample_skipped_total']);
    expect((await exposition()(undefined)).size).toBe(0);
  });
});

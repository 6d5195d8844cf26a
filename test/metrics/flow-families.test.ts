import { describe, expect, it } from 'vitest';
import { NewFlowCount } from '../../src/analysis/flows/new-flow-rate.ts';
import { Exposition } from '../../src/metrics/exposition.ts';
import type { FlowSampleSource, Publication } from '../../src/metrics/family.ts';
import { FLOW_FAMILIES, NEW_FLOW_FAMILIES } from '../../src/metrics/flow-families.ts';
import type { FlowSample } from '../../src/model/flows.ts';
import {
  ASSURED,
  type FlowOptions,
  flowOf,
  flowSampleOf,
  SEEN_REPLY,
  SRC_NAT,
  ten,
} from '../analysis/flows/counted-flows.ts';
import { publicationWith } from './publication.ts';

const SKIPPED = new Map([
  ['running', 0],
  ['late', 2],
  ['memory', 0],
]);

function sourceOf(flowSample: FlowSample | undefined): FlowSampleSource {
  const taken = flowSample && { flowSample, limit: 1000, unlisted: 3, durationSeconds: 0.25, endedMs: 0 };
  return { taken, ageSeconds: taken && 7, skipped: SKIPPED, failures: 1 };
}

const FAMILIES = [...FLOW_FAMILIES, ...NEW_FLOW_FAMILIES];

/** Lines of the series, without comments. */
async function linesOf(exposition: Exposition, given: Partial<Publication>): Promise<string[]> {
  const { body } = await exposition.render(publicationWith(given), 'text');
  return body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

/** Series by their name with labels. */
function exposition() {
  const rendered = new Exposition(FAMILIES);
  return async (flowSample: FlowSampleSource | undefined): Promise<Map<string, number>> => {
    const lines = await linesOf(rendered, { flowSample });
    return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
  };
}

/** Series of each family where each has as many as it can: 132 of a sample, and 17 of new flows. */
const MOST_OF_A_SAMPLE = {
  conntrack_flows: 38,
  conntrack_top_flows: 63,
  conntrack_flow_share: 9,
  conntrack_flows_unlisted: 1,
  conntrack_flows_expired: 1,
  conntrack_flow_sample_margin_ratio: 1,
  conntrack_flow_sample_complete: 1,
  conntrack_flow_sample_flows: 1,
  conntrack_flow_sample_age_seconds: 1,
  conntrack_flow_sample_duration_seconds: 1,
  conntrack_flow_sample_failures_total: 1,
  conntrack_flow_sample_skipped_total: 3,
  conntrack_snat_ports_used_ratio: 10,
  conntrack_snat_ports_margin_ratio: 1,
};
const MOST_OF_NEW_FLOWS = {
  conntrack_new_flows_per_second: 1,
  conntrack_new_flows_margin_per_second: 1,
  conntrack_new_flows_age_seconds: 1,
  conntrack_new_flows_lost_total: 1,
  conntrack_new_flows_failures_total: 1,
  conntrack_top_openers: 12,
};

/** Series of each family. */
function countsOf(series: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const key of series) {
    const name = /^\w+/.exec(key)![0];
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/**
 * Every protocol and state, of both families, and no two flows alike in source, destination, prefix or port. Source NAT has
 * translated half of them, to thousands of addresses, and each class of ports.
 */
function* hostileFlows(): Generator<FlowOptions> {
  for (let i = 0; i < 20_000; i += 1) {
    const addressIn = (net: number) => {
      return i % 2 === 0 ? ten(net | (i >> 16), (i >> 8) & 255, i & 255) : [0xfd000000 | net, i, i, i];
    };
    yield {
      source: addressIn(0),
      destination: addressIn(64),
      protocol: [6, 17, 132, 33, 136, 1, 58, 47, i % 256][i % 9]!,
      port: i,
      state: (i >> 4) % 16,
      status: i % 64,
      sourcePort: 1 + i,
      translated: { address: addressIn(128), port: 1 + ((i * 7919) % 20_000) },
    };
  }
}

/** Fewer than are listed. */
const NAT_ADDRESSES = 9;

/** And all ports that the rules of some addresses have, by one destination, to which clients with privileged ports go as well. */
function* hostileNat(): Generator<FlowOptions> {
  for (let i = 0; i < NAT_ADDRESSES * 400; i += 1) {
    const [address, port] = [Math.floor(i / 400), i % 400];
    const isPrivileged = port < 200;
    const addressIn = (net: number, last: number) => {
      return address % 2 === 0 ? ten(net, address, last) : [0xfd000000 | net, address, 0, last];
    };
    yield {
      source: addressIn(32, port),
      protocol: [6, 17, 132][address % 3]!,
      port: address,
      state: 3,
      status: SRC_NAT | SEEN_REPLY,
      sourcePort: isPrivileged ? 600 + port : 40_000,
      translated: { address: addressIn(33, 0), port: isPrivileged ? 600 + port : 30_000 + port },
    };
  }
}

describe('the families of a flow sample', () => {
  it.each([1, 20, 100])(
    'never has more than 132 series, whatever is in the table, with --flows.top %i',
    async (top) => {
      const flowSample = flowSampleOf(hostileFlows(), { top, entries: 1_000_000, capacity: 512 });
      const series = await exposition()(sourceOf(flowSample));
      expect(flowSample.states.length).toBeGreaterThan(38);
      expect(countsOf(series.keys())).toEqual({
        ...MOST_OF_A_SAMPLE,
        conntrack_top_flows: 3 * (Math.min(top, 20) + 1),
      });
      expect(series.size).toBeLessThanOrEqual(132);
    },
  );

  it('has at most 160 series together with NAT ports and new flows, where the table is hostile in all of them', async () => {
    const flows = [...hostileNat(), ...hostileFlows()];
    const flowSample = sourceOf(flowSampleOf(flows, { top: 100, entries: 1_000_000 }));
    const count = new NewFlowCount({ top: 100, seed: 3 }).begin();
    for (const flow of flows) count.add(flowOf(flow));
    const counted = { newFlows: count.end({ windowSeconds: 0.1, lost: 9 }), endedMs: 0 };
    const newFlows = { counted, ageSeconds: 1, lost: 9, failures: 2 };
    const lines = await linesOf(new Exposition(FAMILIES), { flowSample, newFlows });
    expect(countsOf(lines)).toEqual({ ...MOST_OF_A_SAMPLE, ...MOST_OF_NEW_FLOWS });
    expect(lines.length).toBeLessThanOrEqual(160);
    expect(new Set(lines.map((line) => line.slice(0, line.lastIndexOf(' ')))).size).toBe(lines.length);
  });

  it('never has a share of ports above 1, whoever takes them', async () => {
    const series = await exposition()(sourceOf(flowSampleOf(hostileNat())));
    const shares = [...series].filter(([key]) => key.startsWith('conntrack_snat_ports_used_ratio{'));
    expect(shares).toHaveLength(NAT_ADDRESSES);
    for (const [key, share] of shares) expect(share > 0 && share <= 1, key).toBe(true);
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
    expect(series.get('conntrack_flows_expired')).toBe(0);
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

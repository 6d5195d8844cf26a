import { beforeAll, describe, expect, it } from 'vitest';
import { type Expected, expectedOf } from '../../simulator/expected.ts';
import type { FleetNode } from '../../simulator/fleet-node.ts';
import { advance, expositionsOf, offlineNodes, scrape } from '../../simulator/offline.ts';
import { SCENARIOS } from '../../simulator/scenarios.ts';

const SECONDS = 640;
const TABLE_FULL = 'conntrack_alarm_active{alarm="table_full",severity="critical"}';

type Result = { readonly expected: Expected; readonly text: string };

/** By scenario, each after the same time. */
const results = new Map<string, Result>();

async function textOf({ agent }: FleetNode): Promise<string> {
  return agent === undefined ? '' : scrape(agent);
}

function valueIn(text: string, series: string): number | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1).replace('Inf', 'Infinity'));
}

beforeAll(async () => {
  const nodes = offlineNodes({ nodes: SCENARIOS.length, seed: 3 });
  await advance(nodes, SECONDS);
  for (const node of nodes) {
    results.set(node.spec.scenario, { expected: expectedOf(node.spec, SECONDS), text: await textOf(node) });
  }
}, 180_000);

describe('FleetNode', () => {
  it('says the same twice by the same seed, and something else by another', { timeout: 180_000 }, async () => {
    const texts: string[] = [];
    for (const seed of [7, 7, 8]) {
      const nodes = offlineNodes({ nodes: 13, seed });
      await advance(nodes, 90);
      texts.push(await expositionsOf(nodes));
    }
    expect(texts[0]).toContain('conntrack_top_flows');
    expect(texts[1]).toBe(texts[0]);
    expect(texts[2]).not.toBe(texts[0]);
  });

  it.each(SCENARIOS.map(({ name }) => name))('shows of %s what its timeline implies', (scenario) => {
    const { expected, text } = results.get(scenario)!;
    expect(text !== '').toBe(expected.isUp);
    if (!expected.isUp) return;
    const { lost, hasCounters } = expected;
    const value = (series: string) => valueIn(text, series);
    expect({
      entries: value('conntrack_entries'),
      limit: value('conntrack_entries_limit'),
      inHostNetns: value('conntrack_agent_in_host_netns'),
      hasCounters: value('conntrack_agent_source_up{source="counters",via="procfs"}'),
      room: value('conntrack_table_full_drops_total'),
      failedInsertions: value('conntrack_insert_failures_total'),
      invalid: value('conntrack_invalid_packets_total'),
    }).toEqual({
      entries: expected.entries,
      limit: expected.limit,
      inHostNetns: Number(expected.inHostNetns),
      hasCounters: Number(hasCounters),
      room: lost.room,
      failedInsertions: hasCounters ? lost.races! + lost.chains! : undefined,
      invalid: lost.invalid,
    });
    expect(Math.abs(value('conntrack_entries_peak')! - expected.peak!)).toBeLessThanOrEqual(expected.limit! / 1000);
  });

  it('differs between scenarios in what an operator must tell apart', () => {
    const value = (scenario: string, series: string) => valueIn(results.get(scenario)!.text, series);
    expect(value('leak', 'conntrack_time_to_full_seconds')).toBeCloseTo(860, -2);
    expect(value('saturated', 'conntrack_time_to_full_seconds')).toBe(0);
    expect(value('steady', 'conntrack_time_to_full_seconds')).toBeGreaterThan(3600);
    expect(value('saturated', TABLE_FULL)).toBe(1);
    expect(value('burst', TABLE_FULL)).toBe(0);
    expect(value('no-stat-file', 'conntrack_drops_total')).toBeUndefined();
    expect(value('foreign-namespace', 'conntrack_agent_in_host_netns')).toBe(0);
  });

  it('takes a flow sample of simulated flows that names the destination of the flood with its share of the table', () => {
    const { text, expected } = results.get('flood')!;
    const flows = valueIn(
      text,
      'conntrack_top_flows{ranking="destination",address="203.0.113.10",port="443",protocol="tcp"}',
    );
    // Above its baseline of 22 % the table is the flood's.
    expect(flows! / expected.limit!).toBeCloseTo(expected.usage! - 0.22, 1);
  });

  it('comes back as a new agent that has counted nothing', async () => {
    const node = offlineNodes({ nodes: SCENARIOS.length, seed: 3 }).find(({ spec }) => spec.scenario === 'agent-down')!;
    const before = node.agent;
    node.advanceTo(70_000);
    expect(node.agent).toBeUndefined();
    node.advanceTo(4_810_000);
    expect(node.agent).not.toBe(before);
    const samples = valueIn(await textOf(node), 'conntrack_agent_samples_total');
    expect(samples).toBeGreaterThan(90);
    expect(samples).toBeLessThanOrEqual(100);
  });
});

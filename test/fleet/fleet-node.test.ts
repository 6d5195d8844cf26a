import { describe, expect, it } from 'vitest';
import { expectedOf } from './expected.ts';
import type { FleetNode } from './fleet-node.ts';
import { expositionsOf, live, offlineNodes } from './offline.ts';
import { ROLES } from './roles.ts';

/** Value of a series without labels, or with just these. */
function valueIn(text: string, series: string): number | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1).replace('Inf', 'Infinity'));
}

async function textOf({ agent }: FleetNode): Promise<string> {
  return agent === undefined ? '' : (await agent.exposition('text')).body;
}

describe('FleetNode', () => {
  it('says the same twice by the same seed, and something else by another', async () => {
    const [one, same, other] = [7, 7, 8].map((seed) => offlineNodes({ nodes: 13, seed }));
    for (const nodes of [one!, same!, other!]) await live(nodes, 90);
    const text = await expositionsOf(one!);
    expect(text).toContain('conntrack_top_flows');
    expect(await expositionsOf(same!)).toBe(text);
    expect(await expositionsOf(other!)).not.toBe(text);
  });

  it('shows of each part what its script implies', async () => {
    const nodes = offlineNodes({ nodes: ROLES.length, seed: 3 });
    const seconds = 640;
    await live(nodes, seconds);
    for (const node of nodes) {
      const { role, isUp, hasCounters, inHostNetns, lost, ...expected } = expectedOf(node.cast, seconds);
      const text = await textOf(node);
      expect({ role, isUp: text !== '' }).toEqual({ role, isUp });
      if (!isUp) continue;
      const value = (series: string) => valueIn(text, series);
      expect({
        role,
        entries: value('conntrack_entries'),
        limit: value('conntrack_entries_limit'),
        inHostNetns: value('conntrack_agent_in_host_netns'),
        hasCounters: value('conntrack_agent_source_up{source="counters",via="procfs"}'),
        room: value('conntrack_table_full_drops_total'),
        races: value('conntrack_insert_failures_total'),
        invalid: value('conntrack_invalid_packets_total'),
      }).toEqual({
        role,
        entries: expected.entries,
        limit: expected.limit,
        inHostNetns: Number(inHostNetns),
        hasCounters: Number(hasCounters),
        room: lost.room,
        races: hasCounters ? lost.races! + lost.chains! : undefined,
        invalid: lost.invalid,
      });
      expect(Math.abs(value('conntrack_entries_peak')! - expected.peak!)).toBeLessThanOrEqual(expected.limit! / 1000);
    }
  });

  it('has parts that differ in what an operator must tell apart', async () => {
    const nodes = offlineNodes({ nodes: ROLES.length, seed: 3 });
    await live(nodes, 640);
    const texts = new Map(await Promise.all(nodes.map(async (node) => [node.cast.role, await textOf(node)] as const)));
    const value = (role: string, series: string) => valueIn(texts.get(role)!, series);
    expect(value('leak', 'conntrack_time_to_full_seconds')).toBeCloseTo(860, -2);
    expect(value('saturated', 'conntrack_time_to_full_seconds')).toBe(0);
    expect(value('steady', 'conntrack_time_to_full_seconds')).toBeGreaterThan(3600);
    expect(value('saturated', 'conntrack_alarm_active{alarm="saturated"}')).toBe(1);
    expect(value('burst', 'conntrack_alarm_active{alarm="saturated"}')).toBe(0);
    expect(value('no-stat-file', 'conntrack_drops_total')).toBeUndefined();
    expect(value('foreign-namespace', 'conntrack_agent_in_host_netns')).toBe(0);
    expect(texts.get('agent-down')).toBe('');
    expect(texts.get('flood')).toMatch(/conntrack_top_flows\{ranking="destination",address="203.0.113.10",port="443"/);
  });

  it('comes back as a new agent that has counted nothing', async () => {
    const nodes = offlineNodes({ nodes: 13, seed: 3 }).filter(({ cast }) => cast.role === 'agent-down');
    const before = nodes[0]!.agent;
    await live(nodes, 70);
    expect(nodes[0]!.agent).toBeUndefined();
    nodes[0]!.advanceTo(4_810_000);
    const text = await textOf(nodes[0]!);
    expect(nodes[0]!.agent).not.toBe(before);
    expect(valueIn(text, 'conntrack_agent_samples_total')).toBeLessThanOrEqual(100);
  });
});

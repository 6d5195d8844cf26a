import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { has, needs } from '../needs.ts';
import { byNode, type Claim, findingsOn, tableOf } from './comparison.ts';
import { type Expected, lostBetween, sumOf } from './expected.ts';
import { FrozenFleet } from './frozen-fleet.ts';
import { query } from './prometheus-api.ts';

const NODES = 16;
const SPEED = 20;
/** The flood is on, the leak not yet full, a burst within the last minute, a limit lowered. */
const END_SECONDS = 640;

let frozen: FrozenFleet;
let all: readonly Expected[] = [];

beforeAll(async () => {
  if (!has('prometheus')) return;
  frozen = await FrozenFleet.start({ nodes: NODES, seed: 1, speed: SPEED, seconds: END_SECONDS });
  all = frozen.expected;
}, 120_000);

afterAll(() => frozen?.stop());

const nodeOf = (role: string) => all.find((one) => one.role === role)!.node;

async function valuesOf(expression: string): Promise<Map<string, number>> {
  const points = await query(frozen.url, expression);
  return new Map(points.map(({ labels, value }) => [labels['node'] ?? '', value]));
}

describe('a real Prometheus on the fleet', () => {
  it('records for each node what its script implies', async (context) => {
    needs(context, 'prometheus');
    const perNode = (expression: string, valueOf: (one: Expected) => number | undefined, tolerance?: number): Claim => {
      return {
        panel: expression,
        expression,
        by: ['node'],
        expected: byNode(all, valueOf),
        ...(tolerance && { tolerance }),
      };
    };
    const claims = [
      perNode('up', ({ isUp }) => Number(isUp)),
      perNode('node:conntrack_entries:max', ({ entries }) => entries),
      perNode('node:conntrack_entries_limit:max', ({ limit }) => limit),
      perNode('node:conntrack_usage:ratio', ({ usage }) => usage),
      perNode('node:conntrack_entries_peak:max', ({ peak }) => peak, 0.001),
      perNode('node:conntrack_headroom:entries', ({ headroom }) => headroom, 0.02),
      perNode('node:conntrack_entries_per_bucket:ratio', ({ entriesPerBucket }) => entriesPerBucket),
      perNode('node:conntrack_agent_in_host_netns:min', ({ inHostNetns }) => {
        return inHostNetns === undefined ? undefined : Number(inHostNetns);
      }),
      perNode('node:conntrack_agent_source_up:max{source="counters"}', ({ isUp, hasCounters }) => {
        return isUp ? Number(hasCounters) : undefined;
      }),
    ];
    const findings = (await Promise.all(claims.map((claim) => findingsOn(frozen.url, claim)))).flat();
    expect(findings.length).toBeGreaterThan(claims.length * (NODES - 3));
    expect(tableOf(findings.filter(({ agrees }) => !agrees))).toBe(tableOf([]));
  });

  it('ranks the leaking node first of those that are not full yet', async (context) => {
    needs(context, 'prometheus');
    const ranked = await query(frozen.url, 'sort(node:conntrack_time_to_full:min > 0)');
    expect(ranked[0]!.labels['node']).toBe(nodeOf('leak'));
    const { secondsUntilFull } = all.find(({ role }) => role === 'leak')!;
    expect(ranked[0]!.value / secondsUntilFull!).toBeCloseTo(1, 1);
    const full = await valuesOf('node:conntrack_time_to_full:min == 0');
    expect([...full.keys()].sort()).toEqual([nodeOf('saturated'), nodeOf('flood')].sort());
  });

  it('adds losses up by cause to those of the scripts', async (context) => {
    needs(context, 'prometheus');
    const causes = {
      room: 'sum(conntrack_table_full_drops_total)',
      races: 'sum(conntrack_insert_failures_total) - sum(conntrack_chain_too_long_total)',
      chains: 'sum(conntrack_chain_too_long_total)',
      invalid: 'sum(conntrack_invalid_packets_total)',
      evicted: 'sum(conntrack_early_drops_total)',
    } as const;
    const claims = Object.entries(causes).map(([cause, expression]) => {
      const sum = sumOf(all.map(({ lost }) => lost[cause as keyof typeof causes]))!;
      return { panel: `lost: ${cause}`, expression, by: [], expected: new Map([['', sum]]) };
    });
    const findings = (await Promise.all(claims.map((claim) => findingsOn(frozen.url, claim)))).flat();
    expect(findings.every(({ expected }) => expected! > 0)).toBe(true);
    expect(tableOf(findings.filter(({ agrees }) => !agrees))).toBe(tableOf([]));
  });

  it("gives rates that are the scripts' own, as many times faster as the nodes live", async (context) => {
    needs(context, 'prometheus');
    const seconds = 20;
    const rateOf = (cause: 'room' | 'races' | 'chains' | 'invalid') => {
      const values = frozen.nodes.map((cast) => {
        return [cast, lostBetween(cast, END_SECONDS - seconds * SPEED, END_SECONDS, cause) / seconds] as const;
      });
      return byNode(
        values.map(([{ name, role }, rate]) => ({ node: name, role, rate })),
        ({ role, rate }) => {
          return role === LOUD[cause] ? rate : undefined;
        },
      );
    };
    const claim = (cause: keyof typeof LOUD, metric: string): Claim => ({
      panel: `rate: ${cause}`,
      expression: `rate(${metric}[${seconds}s]) and on (node) (max by (node) (up{node="${nodeOf(LOUD[cause])}"}))`,
      by: ['node'],
      expected: rateOf(cause),
      tolerance: 0.1,
    });
    const claims = [
      claim('room', 'conntrack_table_full_drops_total'),
      claim('races', 'conntrack_insert_failures_total'),
      claim('chains', 'conntrack_chain_too_long_total'),
      claim('invalid', 'conntrack_invalid_packets_total'),
    ];
    const findings = (await Promise.all(claims.map((one) => findingsOn(frozen.url, one, frozen.atSeconds)))).flat();
    expect(tableOf(findings.filter(({ agrees }) => !agrees))).toBe(tableOf([]));
    expect(findings).toHaveLength(claims.length);
  });

  it('sums the headroom of each cluster', async (context) => {
    needs(context, 'prometheus');
    const clusters = [...new Set(all.map(({ cluster }) => cluster))];
    const expected = new Map(
      clusters.map((name) => [
        name,
        sumOf(all.filter(({ cluster }) => cluster === name).map(({ headroom }) => headroom))!,
      ]),
    );
    const expression = 'cluster:conntrack_headroom:entries';
    const findings = await findingsOn(frozen.url, {
      panel: '',
      expression,
      by: ['cluster'],
      expected,
      tolerance: 0.001,
    });
    expect(findings).toHaveLength(2);
    expect(tableOf(findings.filter(({ agrees }) => !agrees))).toBe(tableOf([]));
  });

  it('raises the alerts that the scripts earn, on those nodes', async (context) => {
    needs(context, 'prometheus');
    const firing = async (name: string) =>
      [...(await valuesOf(`ALERTS{alertname="${name}",alertstate="firing"}`)).keys()].sort();
    expect(await firing('ConntrackTableFull')).toEqual([nodeOf('saturated'), nodeOf('flood')].sort());
    expect(await firing('ConntrackAgentDown')).toEqual([nodeOf('agent-down')]);
    expect(await firing('ConntrackAgentBlind')).toEqual([nodeOf('foreign-namespace')]);
    expect(await firing('ConntrackLimitLowered')).toEqual([nodeOf('limit-lowered')]);
    expect(await firing('ConntrackChainsTooLong')).toEqual([nodeOf('chains')]);
    expect(await firing('ConntrackInsertFailures')).toEqual([nodeOf('races')]);
    expect(await firing('ConntrackInvalidPackets')).toEqual([nodeOf('invalid')]);
  });

  it('shows who fills the tables that are filled', async (context) => {
    needs(context, 'prometheus');
    const top = 'topk by (node) (1, conntrack_top_flows{ranking="destination",address!="other"})';
    const byRole = new Map((await query(frozen.url, top)).map(({ labels }) => [labels['node'], labels['address']]));
    expect(byRole.get(nodeOf('leak'))).toBe('10.96.0.31');
    expect(byRole.get(nodeOf('saturated'))).toBe('10.96.0.10');
    expect(byRole.get(nodeOf('flood'))).toBe('203.0.113.10');
  });
});

/** Whose script is about that cause. */
const LOUD = { room: 'flood', races: 'races', chains: 'chains', invalid: 'invalid' } as const;

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RULE_ROWS } from '../../src/model/alarms.ts';
import { has, needs } from '../needs.ts';
import { byNode, type Claim, compareWithPrometheus, tableOf } from './comparison.ts';
import { type Expected, lostBetween, sumOf } from './expected.ts';
import { ALARMED_SECONDS, expectedAlarms } from './expected-alarms.ts';
import { FrozenFleet } from './frozen-fleet.ts';
import { query } from './prometheus-api.ts';
import type { Cause } from './timeline.ts';

const NODES = 16;
const SPEED = 20;
/** Of Prometheus; by then the flood has lasted for longer in the nodes' time. */
const RATE_SECONDS = 10;
/** Tenths of the node's own seconds, counted by its sampler: they do not depend on how fast this machine can play. */
const TENTHS = 'conntrack_agent_samples_total ';

let frozen: FrozenFleet;

beforeAll(async () => {
  if (!has('prometheus')) return;
  frozen = await FrozenFleet.start({ nodes: NODES, seed: 1, speed: SPEED, seconds: ALARMED_SECONDS });
}, 180_000);

afterAll(() => frozen?.stop());

function nodeOf(scenario: string): string {
  return frozen.expected.find((one) => one.scenario === scenario)!.node;
}

async function nodesIn(expression: string): Promise<string[]> {
  return (await query(frozen.url, expression)).map(({ labels }) => labels['node'] ?? '').sort();
}

/** What does not agree, as a table; and that there was something to agree on. */
async function disagreements(claims: readonly Claim[], atSeconds?: number): Promise<string> {
  const rows = await Promise.all(claims.map((claim) => compareWithPrometheus(frozen.url, claim, atSeconds)));
  expect(rows.every(({ length }) => length > 0)).toBe(true);
  return tableOf(rows.flat().filter(({ agrees }) => !agrees));
}

const NO_DISAGREEMENT = tableOf([]);

function claimPerNode([expression, measure, tolerance = 0]: PerNode): Claim {
  return { panel: expression, expression, by: ['node'], expected: byNode(frozen.expected, measure), tolerance };
}

type PerNode = readonly [expression: string, measure: (one: Expected) => number | undefined, tolerance?: number];

/** A reading takes its milliseconds of the node's time, in which a table may gain an entry or two. */
const ONE_READING = 1e-4;

const AGENTS = 'job="conntrack-agent"';

const PER_NODE: readonly PerNode[] = [
  [`up{${AGENTS}}`, ({ isUp }) => Number(isUp)],
  [`conntrack_entries{${AGENTS}}`, ({ entries }) => entries, ONE_READING],
  ['conntrack_entries_limit', ({ limit }) => limit],
  [`conntrack_entries{${AGENTS}} / conntrack_entries_limit`, ({ usage }) => usage, ONE_READING],
  ['conntrack_entries_peak', ({ peak }) => peak, 0.001],
  ['conntrack_entries_limit - conntrack_entries_peak', ({ headroom }) => headroom, 0.02],
  [`conntrack_entries{${AGENTS}} / conntrack_buckets`, ({ entriesPerBucket }) => entriesPerBucket, ONE_READING],
  ['conntrack_agent_in_host_netns', ({ inHostNetns }) => asNumber(inHostNetns)],
  ['max by (node) (conntrack_agent_source_up{source="counters"})', ({ hasCounters }) => asNumber(hasCounters)],
];

function asNumber(truth: boolean | undefined): number | undefined {
  return truth === undefined ? undefined : Number(truth);
}

/** Totals of the fleet. */
const LOSS_TOTALS: readonly (readonly [cause: Cause, expression: string])[] = [
  ['room', 'sum(conntrack_table_full_drops_total)'],
  ['races', 'sum(conntrack_insert_failures_total) - sum(conntrack_chain_too_long_total)'],
  ['chains', 'sum(conntrack_chain_too_long_total)'],
  ['invalid', 'sum(conntrack_invalid_packets_total)'],
  ['evicted', 'sum(conntrack_early_drops_total)'],
];

/** The node that is about that cause. */
const RATE_CASES: readonly (readonly [scenario: string, cause: Cause, metric: string])[] = [
  ['flood', 'room', 'conntrack_table_full_drops_total'],
  ['races', 'races', 'conntrack_insert_failures_total'],
  ['chains', 'chains', 'conntrack_chain_too_long_total'],
  ['invalid', 'invalid', 'conntrack_invalid_packets_total'],
];

/** By taking average nodes away until the one with the least headroom is above 90 %. */
function drainableOf(name: string): number {
  const nodes = frozen.expected.filter(({ cluster, headroom }) => cluster === name && headroom !== undefined);
  const peaks = nodes.map(({ peak }) => peak!);
  const mean = sumOf(peaks)! / nodes.length;
  const headroom = Math.min(...nodes.map(({ limit, peak }) => 0.9 * limit! - peak!));
  let leaving = 0;
  while (leaving + 1 < nodes.length && ((leaving + 1) * mean) / (nodes.length - leaving - 1) <= headroom) leaving += 1;
  return leaving;
}

function claimOfRate([scenario, cause, metric]: (typeof RATE_CASES)[number]): Claim {
  const node = nodeOf(scenario);
  const simulatedNode = frozen.nodes.find(({ name }) => name === node)!;
  const rate = (name: string) => `rate(${name}{node="${node}"}[${RATE_SECONDS}s])`;
  return {
    panel: `rate of ${cause}`,
    expression: `10 * ${rate(metric)} / ${rate(TENTHS)}`,
    by: ['node'],
    expected: new Map([[node, lostBetween(simulatedNode, frozen.seconds - 100, frozen.seconds, cause) / 100]]),
    tolerance: 0.02,
  };
}

describe('a real Prometheus on the fleet', () => {
  it('has of each node what its timeline implies', async (context) => {
    needs(context, 'prometheus');
    expect(await disagreements(PER_NODE.map(claimPerNode))).toBe(NO_DISAGREEMENT);
  });

  it('would be seen to differ', async (context) => {
    needs(context, 'prometheus');
    const wrong = claimPerNode([`conntrack_entries{${AGENTS}}`, ({ entries }) => entries && entries + 1]);
    expect((await disagreements([wrong])).split('\n').length).toBeGreaterThan(NODES - 2);
  });

  it('ranks the leaking node first of those that are not full yet', async (context) => {
    needs(context, 'prometheus');
    const [first] = await query(frozen.url, 'sort(conntrack_time_to_full_seconds > 0)');
    const { node, secondsUntilFull } = frozen.expected.find(({ scenario }) => scenario === 'leak')!;
    expect(first!.labels['node']).toBe(node);
    expect(first!.value / secondsUntilFull!).toBeCloseTo(1, 1); // The agent looks back over two minutes, the script does not.
    expect(await nodesIn('conntrack_time_to_full_seconds == 0')).toEqual([nodeOf('saturated'), nodeOf('flood')].sort());
  });

  it('adds losses up by cause to those of the timelines', async (context) => {
    needs(context, 'prometheus');
    const claims = LOSS_TOTALS.map(([cause, expression]): Claim => {
      const sum = sumOf(frozen.expected.map(({ lost }) => lost[cause]))!;
      expect(sum).toBeGreaterThan(0);
      return { panel: `lost: ${cause}`, expression, by: [], expected: new Map([['', sum]]) };
    });
    expect(await disagreements(claims)).toBe(NO_DISAGREEMENT);
  });

  it('gives rates that are those of the timelines, by the second of the node', async (context) => {
    needs(context, 'prometheus');
    expect(await disagreements(RATE_CASES.map(claimOfRate), frozen.atSeconds)).toBe(NO_DISAGREEMENT);
  });

  it('sums the headroom of each cluster', async (context) => {
    needs(context, 'prometheus');
    const clusters = [...new Set(frozen.nodes.map(({ cluster }) => cluster))];
    expect(clusters).toHaveLength(2);
    const sumIn = (name: string) => {
      return sumOf(frozen.expected.filter(({ cluster }) => cluster === name).map(({ headroom }) => headroom))!;
    };
    const expected = new Map(clusters.map((name) => [name, sumIn(name)]));
    const expression = 'cluster:conntrack_headroom:entries';
    const claim = { panel: 'headroom', expression, by: ['cluster'], expected, tolerance: 0.001 };
    expect(await disagreements([claim])).toBe(NO_DISAGREEMENT);
  });

  it('knows how many nodes each cluster can spare, as taking them away one after the other shows', async (context) => {
    needs(context, 'prometheus');
    const clusters = [...new Set(frozen.nodes.map(({ cluster }) => cluster))];
    const expected = new Map(clusters.map((name) => [name, drainableOf(name)]));
    const expression = 'cluster:conntrack_drainable_nodes:count{spread="even"}';
    const claim = { panel: 'drainable', expression, by: ['cluster'], expected };
    expect(await disagreements([claim])).toBe(NO_DISAGREEMENT);
  });

  /** Alarms that no simulated node raises, and why; tests of the real kernel and of scripted answers have them. */
  const NOT_SIMULATED: Readonly<Record<string, string>> = {
    scraper_reconnects: 'one server answers for all nodes, which do not see who scrapes',
    cloud_allowance_exceeded: 'no simulated node is in a cloud',
    cloud_allowance_low: 'no simulated node is in a cloud',
    kube_proxy_limit_low: 'no simulated node has a kube-proxy',
    snat_ports_exhausted: 'simulated nodes find no ports taken while insertions fail',
    nat_without_ports: 'simulated nodes find no ports taken while insertions fail',
    insert_failures_unexplained: 'simulated nodes find no ports taken while insertions fail',
    drops_below_limit: 'simulated nodes drop packets only at their limit',
    snat_ports_low: 'simulated flows are not translated',
    direct_alerts_failing: 'no simulated node posts to an Alertmanager',
  };
  const SIMULATED = RULE_ROWS.filter(({ id }) => NOT_SIMULATED[id] === undefined);

  it.for(SIMULATED)('fires $alertname for the nodes that earn $id', async ({ alertname, id }, context) => {
    needs(context, 'prometheus');
    const expected = frozen.expected
      .filter(({ scenario }) => expectedAlarms(scenario).includes(id))
      .map(({ node }) => node);
    expect(expected).not.toEqual([]);
    expect(await nodesIn(`ALERTS{alertname="${alertname}",alertstate="firing"}`)).toEqual(expected.sort());
  });

  it('fires ConntrackAgentDown for the node whose agent is away', async (context) => {
    needs(context, 'prometheus');
    const down = await nodesIn('ALERTS{alertname="ConntrackAgentDown",alertstate="firing"}');
    expect(down).toEqual([nodeOf('agent-down')]);
  });

  it("takes no series of another exporter for an agent's", async (context) => {
    needs(context, 'prometheus');
    expect(await query(frozen.url, 'conntrack_entries{job="netd"}')).toHaveLength(NODES);
    const used = await query(frozen.url, 'sum(cluster:conntrack_usage:ratio) < 2');
    expect(used).toHaveLength(1);
  });

  it('shows who fills the tables that are filled, by the names that kube-state-metrics gives', async (context) => {
    needs(context, 'prometheus');
    const service = 'label_replace(kube_service_info, "address", "$1", "cluster_ip", "(.*)")';
    const top = 'topk by (node) (1, conntrack_top_flows{ranking="destination",address!="other"})';
    const joined = `${top} * on (cluster, address) group_left (service) ${service}`;
    const points = await query(frozen.url, joined);
    const services = new Map(points.map(({ labels }) => [labels['node'], labels['service']]));
    expect(services.get(nodeOf('leak'))).toBe('database');
    expect(services.get(nodeOf('saturated'))).toBe('kube-dns');
    // The flood is at the node's own address, which is no service.
    expect(services.has(nodeOf('flood'))).toBe(false);
    expect(await nodesIn(`${top} and conntrack_top_flows{address="203.0.113.10"}`)).toEqual([nodeOf('flood')]);
  });
});

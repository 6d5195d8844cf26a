/** `cluster:conntrack_drainable_nodes:count` against clusters from which nodes are taken away one after the other. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { randomFrom } from '../../simulator/random.ts';
import { needs } from '../needs.ts';
import { RULES_FILE } from './rule-book.ts';
import { tool } from './tool.ts';

type Node = { readonly entries: number; readonly limit: number };
type Cluster = { readonly name: string; readonly highUsage: number; readonly nodes: readonly Node[] };

const SPREADS = ['even', 'worst'] as const;
type Spread = (typeof SPREADS)[number];

const alike = (count: number, node: Node): Node[] => Array.from({ length: count }, () => node);

/** In all of these the nodes that leave first are average, as the rule assumes: the last is the one with the least headroom. */
const CLUSTERS: readonly Cluster[] = [
  { name: 'half-full', highUsage: 0.9, nodes: alike(10, { entries: 500, limit: 1000 }) },
  { name: 'nearly-empty', highUsage: 0.9, nodes: alike(5, { entries: 100, limit: 1000 }) },
  { name: 'large', highUsage: 0.9, nodes: alike(200, { entries: 170_001, limit: 262_144 }) },
  { name: 'lower-threshold', highUsage: 0.7, nodes: alike(12, { entries: 301, limit: 1000 }) },
  {
    name: 'one-small-limit',
    highUsage: 0.9,
    nodes: [...alike(9, { entries: 300, limit: 1000 }), { entries: 300, limit: 500 }],
  },
  {
    name: 'one-already-high',
    highUsage: 0.9,
    nodes: [...alike(9, { entries: 300, limit: 1000 }), { entries: 300, limit: 310 }],
  },
  { name: 'one-node', highUsage: 0.9, nodes: [{ entries: 300, limit: 1000 }] },
  { name: 'no-headroom', highUsage: 0.9, nodes: alike(4, { entries: 950, limit: 1000 }) },
  ...Array.from({ length: 20 }, (_, i) => randomCluster(i)),
];

function randomCluster(seed: number): Cluster {
  const random = randomFrom(seed + 1);
  const between = (from: number, to: number) => Math.round(from + random() * (to - from));
  const entries = between(1, 900);
  const others = alike(between(2, 60), { entries, limit: 1000 });
  return { name: `seed-${seed}`, highUsage: 0.9, nodes: [...others, { entries, limit: between(entries, 1000) }] };
}

/** The first node whose usage is high once the first `leaving` are gone; undefined when there is none. */
function firstHigh({ nodes, highUsage }: Cluster, leaving: number, spread: Spread): Node | undefined {
  const stay = nodes.slice(leaving);
  const moved = nodes.slice(0, leaving).reduce((sum, { entries }) => sum + entries, 0);
  const headroom = ({ entries, limit }: Node) => highUsage * limit - entries;
  const tightest = stay.reduce((least, node) => (headroom(node) < headroom(least) ? node : least));
  const share = spread === 'even' ? moved / stay.length : moved;
  return headroom(tightest) - share < 0 ? tightest : undefined;
}

/** How many may go, by taking them away. */
function drainable(cluster: Cluster, spread: Spread): number {
  let leaving = 0;
  while (leaving + 1 < cluster.nodes.length && firstHigh(cluster, leaving + 1, spread) === undefined) leaving += 1;
  return leaving;
}

describe('cluster:conntrack_drainable_nodes:count', () => {
  it.each(SPREADS)('is what can be taken away before another node is high, spread %s', async (spread) => {
    expect(new Set(CLUSTERS.map((cluster) => drainable(cluster, spread))).size).toBeGreaterThan(4);
    for (const cluster of CLUSTERS) {
      const count = drainable(cluster, spread);
      if (count > 0) expect(firstHigh(cluster, count, spread), cluster.name).toBeUndefined();
      if (count + 1 < cluster.nodes.length) {
        expect(firstHigh(cluster, count + 1, spread), cluster.name).toBe(cluster.nodes.at(-1));
      }
    }
  });

  it('is recorded as it comes out by hand', async (context) => {
    needs(context, 'promtool');
    const folder = await mkdtemp(join(tmpdir(), 'conntrack-drain-'));
    await writeFile(join(folder, 'drain.test.yaml'), stringify(promtoolTest()));
    const { code, output } = await tool('promtool', ['test', 'rules', join(folder, 'drain.test.yaml')]);
    expect(code, output).toBe(0);
    await rm(folder, { recursive: true });
  });
});

function promtoolTest(): unknown {
  const input_series = CLUSTERS.flatMap(({ name, highUsage, nodes }) =>
    nodes.flatMap(({ entries, limit }, i) => {
      const series = (metric: string, value: number, more = '') => ({
        series: `${metric}{cluster="${name}",job="conntrack-agent",node="n${i}"${more}}`,
        values: `${value} ${value}`,
      });
      return [
        series('conntrack_entries', entries - 1),
        series('conntrack_entries_peak', entries),
        series('conntrack_entries_limit', limit),
        series('conntrack_alarm_threshold', highUsage, ',threshold="high_usage"'),
      ];
    }),
  );
  const exp_samples = CLUSTERS.flatMap((cluster) =>
    SPREADS.map((spread) => ({
      labels: `cluster:conntrack_drainable_nodes:count{cluster="${cluster.name}",spread="${spread}"}`,
      value: drainable(cluster, spread),
    })),
  );
  const promql_expr_test = [{ expr: 'cluster:conntrack_drainable_nodes:count', eval_time: '1m', exp_samples }];
  return {
    rule_files: [RULES_FILE],
    evaluation_interval: '1m',
    tests: [{ interval: '1m', input_series, promql_expr_test }],
  };
}

/** What conntrack-fleet must show. */
import { threshold } from '../../dashboards/thresholds.ts';
import { type Expected, expectedOf, sumOf } from '../../simulator/expected.ts';
import { expectedAlarms } from '../../simulator/expected-alarms.ts';
import type { AlarmId } from '../../src/model/alarms/alarms.ts';
import { ALSO_COUNTED_OF, CAUSE_OF, one, type PanelClaim, rateOf, type Scene, stateOf } from './claims.ts';

type Values = Readonly<Record<string, number | undefined>>;

const mapOf = (values: Values): ReadonlyMap<string, number> =>
  new Map(Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));

export function fleetClaims(scene: Scene): PanelClaim[] {
  const { nodes, seconds } = scene;
  const all = nodes.map((node) => expectedOf(node, seconds));
  const seen = all.filter(({ entries, limit }) => entries !== undefined && limit !== undefined);
  const per = (of: (node: Expected) => number | undefined): Values =>
    Object.fromEntries(all.map((node) => [node.node, of(node)]));
  const having = (...ids: AlarmId[]) =>
    all.filter(({ scenario }) => expectedAlarms(scenario).some((id) => ids.includes(id))).length;
  const peaks = seen.map(({ peak, limit }) => peak! / limit!).sort((a, b) => a - b);
  const inBand = (from: number, to: number) => one(peaks.filter((peak) => peak >= from && peak < to).length);
  const bands = [0, 0.5, 0.75, threshold('highUsage'), threshold('nearlyFullUsage'), Number.POSITIVE_INFINITY];
  const byCluster = (of: (members: readonly Expected[]) => number | undefined): Values =>
    Object.fromEntries(
      [...new Set(seen.map(({ cluster }) => cluster))].map((cluster) => [
        cluster,
        of(seen.filter((node) => node.cluster === cluster)),
      ]),
    );
  const claim = (
    panel: string,
    refId: string,
    expected: ReadonlyMap<string, number>,
    rest: Partial<PanelClaim> = {},
  ) => ({
    panel,
    refId,
    by: [],
    expected,
    ...rest,
  });
  const nodesOf = { by: ['node'] };
  const clusters = { by: ['cluster'], tolerance: 0.005 };
  const untilFull = per(({ secondsUntilFull }) => secondsUntilFull);
  return [
    claim('Nodes dropping connections', 'A', one(having('table_full'))),
    claim('Nodes nearly full', 'A', one(having('table_nearly_full'))),
    claim('Nodes filling up, or high', 'A', one(having('table_filling_up', 'table_high'))),
    claim('Nodes without data', 'A', one(having('no_data') + all.filter(({ isUp }) => !isUp).length)),
    claim('First table full in', 'A', one(0)),
    claim('Nodes watched', 'A', one(all.filter(({ isUp }) => isUp).length)),
    claim('Which nodes need attention?', 'A', mapOf(per(stateOf)), nodesOf),
    claim('Which nodes need attention?', 'B', mapOf(per(({ peak, limit }) => peak && peak / limit!)), {
      ...nodesOf,
      tolerance: 0.02,
      only: true,
    }),
    claim('Which nodes need attention?', 'F', mapOf(per(({ headroom, entries }) => (entries ? headroom : undefined))), {
      ...nodesOf,
      tolerance: 0.02,
      only: true,
    }),
    claim('How full are the tables?', 'A', one(peaks.at(-1)), { tolerance: 0.001 }),
    claim('How full are the tables?', 'D', one(quantile(0.5, peaks)), { tolerance: 0.02 }),
    ...bands
      .slice(0, -1)
      .map((from, i) => claim('How many nodes are how full?', 'ABCDE'[i]!, inBand(from, bands[i + 1]!))),
    ...Object.entries(CAUSE_OF).map(([refId, cause]) =>
      claim('What is lost, and why?', refId, one(rateOf(scene, nodes, cause)), { tolerance: 0.15 }),
    ),
    ...Object.entries(ALSO_COUNTED_OF).map(([refId, cause]) =>
      claim('What else is counted?', refId, one(rateOf(scene, nodes, cause)), { tolerance: 0.15 }),
    ),
    claim('Which tables are full next?', 'A', mapOf({ [nodeOf(all, 'leak')]: untilFull[nodeOf(all, 'leak')] }), {
      ...nodesOf,
      tolerance: 0.1,
      only: true,
    }),
    claim(
      'How full are all tables together?',
      'A',
      mapOf(byCluster((some) => sumOf(some.map(({ entries }) => entries))! / sumOf(some.map(({ limit }) => limit))!)),
      clusters,
    ),
    claim(
      'Headroom of all tables',
      'A',
      mapOf(byCluster((some) => sumOf(some.map(({ headroom }) => Math.max(0, headroom!))))),
      clusters,
    ),
    claim('How many nodes may be drained?', 'A', mapOf(byCluster((some) => drainable(some, 'even'))), {
      by: ['cluster'],
    }),
    claim('How many nodes may be drained?', 'B', mapOf(byCluster((some) => drainable(some, 'worst'))), {
      by: ['cluster'],
    }),
    claim('Does one node carry too much?', 'A', mapOf(byCluster(imbalance)), clusters),
    claim('Do all agents answer?', 'A', one(all.filter(({ isUp }) => isUp).length)),
    claim('Do all agents answer?', 'B', one(all.filter(({ isUp }) => !isUp).length)),
    claim('Which data is missing?', 'A', one(all.filter(({ inHostNetns }) => inHostNetns === false).length)),
    claim('Which data is missing?', 'B', one(0)),
    claim('Which data is missing?', 'C', one(all.filter(({ isUp, hasCounters }) => isUp && !hasCounters).length)),
  ];
}

function imbalance(nodes: readonly Expected[]): number {
  const usages = nodes.map(({ usage }) => usage!);
  const hottest = Math.max(...usages);
  return hottest / ((sumOf(usages)! - hottest) / (usages.length - 1));
}

/** Takes node by node away, each with the mean of all peaks, until another one would be high. One always stays. */
function drainable(nodes: readonly Expected[], spread: 'even' | 'worst'): number {
  const spare = Math.min(...nodes.map(({ peak, limit }) => Math.max(0, limit! * threshold('highUsage') - peak!)));
  const mean = sumOf(nodes.map(({ peak }) => peak))! / nodes.length;
  let gone = 0;
  while (gone + 1 < nodes.length) {
    const takers = spread === 'even' ? nodes.length - gone - 1 : 1;
    if (((gone + 1) * mean) / takers > spare) break;
    gone += 1;
  }
  return gone;
}

/** As Prometheus reckons it. */
function quantile(q: number, sorted: readonly number[]): number {
  const rank = q * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(rank)]!, sorted[Math.ceil(rank)]!];
  return low + (high - low) * (rank - Math.floor(rank));
}

const nodeOf = (all: readonly Expected[], scenario: string) => all.find((node) => node.scenario === scenario)!.node;

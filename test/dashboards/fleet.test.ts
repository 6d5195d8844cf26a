import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ComparisonRow, compareWithPrometheus, tableOf } from '../../simulator/comparison.ts';
import { ALARMED_SECONDS } from '../../simulator/expected-alarms.ts';
import { query } from '../../simulator/prometheus-api.ts';
import { has, needs } from '../needs.ts';
import { FrozenFleet } from '../simulator/frozen-fleet.ts';
import type { PanelClaim, Scene } from './claims.ts';
import { askedBy, COMMITTED } from './committed.ts';
import { fleetClaims } from './fleet-claims.ts';
import { flowsClaims } from './flows-claims.ts';
import { nodeClaims } from './node-claims.ts';
import { type Choices, choicesOf, type Dashboard, interpolate, type Sample, type Setting } from './questions.ts';

const NODES = 16;
const SPEED = 20;
/** A rate looks back over four of these. */
const SCRAPE_SECONDS = 2.5;

const [FLEET, NODE, FLOWS] = COMMITTED as [Dashboard, Dashboard, Dashboard];

/** Panels that a fleet of made-up nodes leaves empty, and why. */
const EMPTY: Readonly<Record<string, string>> = {
  'Which pods have full tables of their own?': 'made-up nodes have no network namespaces',
  "Whose tables carry the pods' connections?": 'made-up nodes have no network plugin',
  'How much can the cloud still track?': 'made-up nodes are in no cloud',
  'Where does the cloud drop?': 'made-up nodes are in no cloud',
  'Where do NAT ports run out?': 'made-up flows are not translated',
  'Are there other limits?': 'made-up nodes are in no cloud and have no kube-proxy',
};

let frozen: FrozenFleet;
let setting: Setting;
let scene: Scene;

beforeAll(async () => {
  if (!has('prometheus')) return;
  frozen = await FrozenFleet.start({ nodes: NODES, seed: 1, speed: SPEED, seconds: ALARMED_SECONDS });
  const toSeconds = frozen.atSeconds;
  setting = { fromSeconds: toSeconds - 60, toSeconds, stepSeconds: 1, scrapeSeconds: SCRAPE_SECONDS };
  const rateSeconds = 4 * SCRAPE_SECONDS;
  const tenths = await query(frozen.url, `max(rate(conntrack_agent_samples_total[${rateSeconds}s]))`, toSeconds);
  scene = { nodes: frozen.nodes, seconds: frozen.seconds, speed: tenths[0]!.value / 10, rateSeconds };
}, 180_000);

afterAll(() => frozen?.stop());

const ask = async (expr: string, atSeconds?: number) =>
  (await query(frozen.url, expr, atSeconds)).map(({ labels, value }) => ({ metric: labels, value }));

const choicesIn = (dashboard: Dashboard, chosen: Choices = {}) =>
  choicesOf(dashboard, chosen, setting, (expr) => ask(expr));

/** Counters have stood still since the fleet does; what is recorded of the rest needs a moment more. */
const instantOf = (expr: string) => (/__rate_interval|__range/.test(expr) ? setting.toSeconds : undefined);

async function compare(
  dashboard: Dashboard,
  claims: readonly PanelClaim[],
  chosen: Choices = {},
): Promise<ComparisonRow[]> {
  const choices = await choicesIn(dashboard, chosen);
  const asked = askedBy(dashboard);
  const all = await Promise.all(
    claims.map(async ({ panel, refId, only, ...claim }) => {
      const found = asked.find((one) => one.panel.title === panel && one.target.refId === refId);
      if (found === undefined) throw new Error(`Cannot find the question ${refId} of the panel "${panel}"`);
      const expression = interpolate(found.target.expr, choices, setting);
      const name = `${panel} ${refId}: ${found.target.legendFormat}`;
      const seen = await compareWithPrometheus(
        frozen.url,
        { ...claim, panel: name, expression },
        instantOf(found.target.expr),
      );
      return only ? seen.filter(({ expected }) => expected !== undefined) : seen;
    }),
  );
  return all.flat();
}

/** Places in the list of states are the whole part; the usage behind the point is another panel's. */
function whole(found: ComparisonRow): ComparisonRow {
  if (!/^(Which nodes need attention\? A|What is wrong)/.test(found.panel) || found.got === undefined) return found;
  return { ...found, got: Math.floor(found.got), agrees: Math.floor(found.got) === found.expected };
}

function hold(title: string, found: readonly ComparisonRow[]): void {
  process.stdout.write(`\n${title}\n\n${tableOf(found)}\n`);
  expect(found.length).toBeGreaterThan(2);
  expect(tableOf(found.filter(({ agrees }) => !agrees))).toBe(tableOf([]));
}

const nodeOfScenario = (scenario: string) => scene.nodes.find((node) => node.scenario === scenario)!;

describe('the dashboards on a fleet', () => {
  it.for(COMMITTED)('have data in every panel of $uid', async (dashboard, context) => {
    needs(context, 'prometheus');
    const choices = await choicesIn(dashboard, { node: dashboard === NODE ? nodeOfScenario('leak').name : '.+' });
    const empty: string[] = [];
    for (const { panel, target } of askedBy(dashboard)) {
      const answer = await ask(interpolate(target.expr, choices, setting), instantOf(target.expr));
      if (answer.length === 0) empty.push(panel.title);
    }
    expect(empty.filter((title) => EMPTY[title] === undefined)).toEqual([]);
  });

  it('show of the fleet what its scripts imply', async (context) => {
    needs(context, 'prometheus');
    hold('conntrack-fleet', (await compare(FLEET, fleetClaims(scene))).map(whole));
  });

  it.for(['leak', 'saturated'])('show of the node "%s" what its timeline implies', async (scenario, context) => {
    needs(context, 'prometheus');
    const node = nodeOfScenario(scenario);
    hold(`conntrack-node, ${scenario}`, (await compare(NODE, nodeClaims(scene, node), { node: node.name })).map(whole));
  });

  it('rank the nodes by their state: those that drop connections first, then those not watched, then as the table of alarms', async (context) => {
    needs(context, 'prometheus');
    const [state] = askedBy(FLEET).filter(({ panel }) => panel.title === 'Which nodes need attention?');
    const answer = await ask(interpolate(state!.target.expr, await choicesIn(FLEET), setting));
    const ranked = [...answer].sort((a, b) => b.value - a.value).map(({ metric }) => scenarioOf(metric['node']!));
    expect(new Set(ranked.slice(0, 2))).toEqual(new Set(['saturated', 'flood']));
    const next = ['agent-down', 'leak', 'races', 'chains', 'invalid', 'limit-lowered', 'foreign-namespace'];
    expect(ranked.slice(2, 9)).toEqual(next);
  });

  it('rank the leaking node first of those that are not full yet', async (context) => {
    needs(context, 'prometheus');
    const { target } = askedBy(FLEET).find(({ panel }) => panel.title === 'Which tables are full next?')!;
    const ranked = await ask(interpolate(target.expr, await choicesIn(FLEET), setting));
    expect(scenarioOf(ranked.find(({ value }) => value > 0)!.metric['node']!)).toBe('leak');
  });

  it('show of the flows what their makers made', async (context) => {
    needs(context, 'prometheus');
    hold('conntrack-flows', await compare(FLOWS, flowsClaims(scene)));
  });

  it('name who fills the tables, and are readable where nothing is named', async (context) => {
    needs(context, 'prometheus');
    const choices = await choicesIn(FLOWS);
    const rows = async (title: string) => {
      const { target } = askedBy(FLOWS).find(({ panel }) => panel.title === title)!;
      const answer = await ask(interpolate(target.expr, choices, setting));
      return answer.sort((a, b) => b.value - a.value).map(({ metric }) => metric);
    };
    const destinations = await rows('Where do they go?');
    const named = new Map(destinations.map(({ address, name }) => [address, name]));
    expect(named.get('10.96.0.10')).toBe('kube-system/kube-dns');
    expect(named.get('10.96.0.31')).toBe('shop/database');
    expect(named.has('203.0.113.10')).toBe(true);
    expect(named.get('203.0.113.10')).toBeUndefined();
    const [busiest] = await rows('Who holds them?');
    expect(busiest).toMatchObject({ of: 'pod', name: expect.stringMatching(/^shop\//) });
  });

  it('ask Prometheus in every annotation something that it can answer', async (context) => {
    needs(context, 'prometheus');
    const choices = await choicesIn(NODE, { node: nodeOfScenario('saturated').name });
    const drawn = await Promise.all(
      (NODE.annotations?.list ?? []).map(async ({ expr = '' }) => {
        return (await ask(interpolate(expr, choices, setting), setting.toSeconds)).map(({ metric }) => metric['alarm']);
      }),
    );
    expect(drawn.flat()).toEqual(['table_full', 'table_nearly_full', 'table_high']);
  });

  it("take no series of another exporter for an agent's", async (context) => {
    needs(context, 'prometheus');
    const [entries] = askedBy(NODE).filter(({ panel }) => panel.title === 'How full is it, and where is it going?');
    const expr = interpolate(
      entries!.target.expr,
      await choicesIn(NODE, { node: nodeOfScenario('steady').name }),
      setting,
    );
    const [{ value: ofAgents }, { value: ofAll }] = [
      await ask(expr),
      await ask(expr.replace(/job=~"[^"]+", /, '')),
    ].map(([sample]) => sample!) as [Sample, Sample];
    expect(ofAgents).toBeLessThan(nodeOfScenario('steady').limit);
    expect(ofAll).toBeGreaterThan(nodeOfScenario('steady').limit);
  });

  it.for(COMMITTED)('say nothing in $uid, and never 0, where there are no nodes', async (dashboard, context) => {
    needs(context, 'prometheus');
    const noNode = { cluster: 'none', node: 'none' };
    for (const { panel, target } of askedBy(dashboard)) {
      expect(await ask(interpolate(target.expr, noNode, setting)), panel.title).toEqual([]);
    }
  });

  it('would be seen to show something else', async (context) => {
    needs(context, 'prometheus');
    const claims = fleetClaims({ ...scene, nodes: scene.nodes.slice(1) });
    expect((await compare(FLEET, claims)).map(whole).some(({ agrees }) => !agrees)).toBe(true);
  });
});

const scenarioOf = (name: string) => scene.nodes.find((node) => node.name === name)!.scenario;

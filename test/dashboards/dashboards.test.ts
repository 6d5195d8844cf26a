import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DASHBOARDS } from '../../dashboards/generate.ts';
import { tool } from '../alerts/tool.ts';
import { needs } from '../needs.ts';
import { COMMITTED, expressionsOf, plain } from './committed.ts';
import type { Dashboard, Panel, Target } from './questions.ts';
import { RULES } from './violations.ts';

const RULE_NAMES = Object.keys(RULES);

describe.each(COMMITTED)('$uid', (dashboard) => {
  it.each(RULE_NAMES)('%s', (name) => {
    expect(RULES[name]!(dashboard)).toEqual([]);
  });
});

describe('dashboards/', () => {
  it.each(DASHBOARDS)('has $name as the code makes it; `npm run dashboards` writes it', ({ file, json }) => {
    expect(readFileSync(file, 'utf8')).toBe(json());
  });

  it('keeps its uids, by which bookmarks and links find them', () => {
    expect(COMMITTED.map(({ uid }) => uid)).toEqual(['conntrack-fleet', 'conntrack-node', 'conntrack-flows']);
  });

  it('has expressions whose types promtool accepts', async (context) => {
    needs(context, 'promtool');
    const { code, output } = await checked(COMMITTED.flatMap(expressionsOf).map(({ expr }) => plain(expr)));
    expect(code, output).toBe(0);
  });

  it('would be told of one whose types do not fit', async (context) => {
    needs(context, 'promtool');
    const { code, output } = await checked(['rate(up)']);
    expect(code).not.toBe(0);
    expect(output).toContain('expected type range vector');
  });

  it('stays below what a ConfigMap and its last-applied annotation hold', () => {
    for (const { json } of DASHBOARDS) expect(Buffer.byteLength(json())).toBeLessThan(200 * 1024);
  });
});

async function checked(expressions: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'conntrack-dashboards-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const rules = expressions.map((expr, i) => ({ record: `panel:expression:${i}`, expr }));
  writeFileSync(join(folder, 'rules.yaml'), JSON.stringify({ groups: [{ name: 'panels', rules }] }));
  return tool('promtool', ['check', 'rules', join(folder, 'rules.yaml')]);
}

/** Each takes a good dashboard and breaks one thing: the rule of that name must find it. */
const BREAKS: Readonly<Record<string, (dashboard: Mutable) => void>> = {
  'gives each panel a number of its own': ({ panels }) => Object.assign(panels[1]!, { id: panels[0]!.id }),
  'keeps panels apart and on the grid': ({ panels }) =>
    Object.assign(panels[1]!.gridPos, { x: panels[0]!.gridPos.x + 1 }),
  'has no kind of panel that cannot be drawn here': ({ panels }) => Object.assign(panels[0]!, { type: 'heatmap' }),
  'says on each panel what it is and what to do': ({ panels }) => Object.assign(panels[0]!, { description: '' }),
  'asks with a question or a plain noun': ({ panels }) => Object.assign(panels[0]!, { title: 'Look here!' }),
  'takes every answer from the chosen data source': ({ panels }) =>
    Object.assign(panels[0]!.targets![0]!, { datasource: { type: 'prometheus', uid: 'mine' } }),
  'gives each value a unit that Grafana knows': ({ panels }) =>
    Object.assign(panels[0]!.fieldConfig.defaults, { unit: 'packets' }),
  'says something where there is no data': ({ panels }) => delete panels[0]!.fieldConfig.defaults.noValue,
  'has expressions that are PromQL': (dashboard) => ask(dashboard, 'sum(up{cluster=~"$cluster"}'),
  'asks for metrics that exist': (dashboard) => ask(dashboard, 'sum(conntrack_entrys{cluster=~"$cluster"})'),
  'asks for counters by rate or increase alone': (dashboard) =>
    ask(dashboard, 'conntrack_drops_total{cluster=~"$cluster"} > 0'),
  'leaves the window of a rate to Grafana, or takes that of an alarm': (dashboard) =>
    ask(dashboard, 'rate(conntrack_insert_failures_total{cluster=~"$cluster"}[5m])'),
  'asks for the chosen clusters alone': (dashboard) => ask(dashboard, 'up{job=~".*conntrack-agent.*"}'),
  'tells agents from other exporters by their job': (dashboard) =>
    ask(dashboard, 'sum(conntrack_entries{cluster=~"$cluster"})'),
  'offers a data source, and what else it offers follows the time range': ({ templating }) =>
    Object.assign(templating.list[1]!, { refresh: 1 }),
  'carries time and variables to the other dashboards': ({ links }) => Object.assign(links[0]!, { keepTime: false }),
  'carries time, data source and cluster along with a node': ({ panels }) =>
    Object.assign(panels[0]!, { description: '/d/conntrack-node?var-node=a' }),
  'is changed where it is made, not in Grafana': (dashboard) => Object.assign(dashboard, { editable: true }),
};

describe('each rule', () => {
  it.each(RULE_NAMES)('finds what is broken: %s', (name) => {
    const broken = structuredClone(COMMITTED[0]!) as Mutable;
    BREAKS[name]!(broken);
    expect(RULES[name]!(broken).length).toBeGreaterThan(0);
  });
});

type Mutable = { -readonly [K in keyof Dashboard]: Dashboard[K] } & { panels: Panel[] };

function ask({ panels }: Mutable, expr: string): void {
  Object.assign(panels[0]!.targets![0] as Target, { expr });
}

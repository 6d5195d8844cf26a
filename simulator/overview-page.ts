/** The page of a simulated fleet: where to look, and for each node its state, its scenario, and the alerts to expect. */
import { readFileSync } from 'node:fs';
import type { AlarmJson } from '../src/model/status-json.ts';
import { percent, span } from '../src/model/text/numbers.ts';
import { htmlOf, type Tag, tag } from '../src/web/view/tag.ts';
import type { Fleet } from './fleet.ts';
import type { FleetNode } from './fleet-node.ts';
import { SCENARIOS, type ScenarioAlert } from './scenarios.ts';
import { entriesAt, limitAt } from './timeline.ts';

export type Link = { readonly url: string; readonly title: string };

/** Asking all of thousands of agents for their state with each refresh would slow the fleet down. */
const MAX_ROWS = 200;

/** The status page's own, without the chart's. */
const STATUS_PAGE_STYLE = readFileSync(new URL('../src/web/browser/page.css', import.meta.url), 'utf8').replaceAll(
  /^@import .*$/gm,
  '',
);

const STYLE = `${STATUS_PAGE_STYLE}
nav { display: flex; flex-wrap: wrap; gap: 0 18px; }
main { display: block; }
main > section { overflow-x: auto; }
.nodes th { color: var(--muted); font-size: 12px; }
.nodes th, .nodes td { padding: 5px 16px 5px 0; border-bottom: 1px solid var(--rule); }
.nodes th.number { text-align: right; }
.nodes td:nth-child(-n + 5) { white-space: nowrap; }
.nodes td:last-child { min-width: 24em; padding-right: 0; }
.nodes ul { list-style: none; padding: 0; white-space: nowrap; }
.nodes + .empty { margin-top: 6px; }
.nodes .when { color: var(--muted); }
.state { display: inline-block; border-radius: 4px; }
.state.warning, .state.critical { padding: 0 7px; }
.state.warning { background: var(--warning); color: var(--on-warning); }
.state.critical { background: var(--critical); color: var(--on-critical); }
.state.ok .shape { color: var(--ok); }
`;

export function overviewPage(fleet: Fleet, links: readonly Link[]): string {
  const title = `${fleet.nodes.length} simulated nodes`;
  const shown = fleet.nodes.slice(0, MAX_ROWS);
  const head = tag(
    'head',
    {},
    tag('meta', { charset: 'utf-8' }),
    tag('meta', { name: 'viewport', content: 'width=device-width' }),
    tag('meta', { 'http-equiv': 'refresh', content: 5 }),
    tag('title', {}, title),
  );
  const heading = tag(
    'header',
    {},
    tag('h1', {}, title),
    tag('nav', {}, ...links.map(({ url, title }) => tag('a', { href: url }, title))),
  );
  const main = tag('main', {}, tag('section', {}, nodeTable(shown), note(shown.length, fleet.nodes.length)));
  // The style is not text of the document: escaping its quotes would break it.
  const written = htmlOf(head).replace('</head>', `<style>${STYLE}</style></head>`);
  return `<!doctype html>\n<html lang="en">\n${written}\n${htmlOf(tag('body', {}, heading, main))}\n</html>\n`;
}

function note(shown: number, all: number): Tag {
  const times = 'Times are those of the nodes, counted from their start; the page reloads every 5 s.';
  return tag('p', { class: 'empty' }, shown < all ? `The first ${shown} of ${all} nodes. ${times}` : times);
}

function nodeTable(nodes: readonly FleetNode[]): Tag {
  const columns = ['Node', 'Cluster', 'State', 'Usage', 'Entries of limit', 'Alerts', 'Scenario'];
  const headings = columns.map((name) => tag('th', { class: isNumber(name) ? 'number' : undefined }, name));
  return tag('table', { class: 'nodes' }, tag('tr', {}, ...headings), ...nodes.map(row));
}

const isNumber = (column: string) => column === 'Usage' || column === 'Entries of limit';

function row({ spec, agent, nowMs }: FleetNode): Tag {
  const seconds = nowMs / 1000;
  const [entries, limit] = [entriesAt(spec, seconds), limitAt(spec, seconds)];
  const scenario = SCENARIOS.find(({ name }) => name === spec.scenario)!;
  const firing = agent?.status().alarms ?? [];
  return tag(
    'tr',
    {},
    tag('td', {}, agent === undefined ? spec.name : tag('a', { href: `nodes/${spec.name}/` }, spec.name)),
    tag('td', {}, spec.cluster),
    tag('td', {}, stateTag(agent !== undefined, firing)),
    tag('td', { class: 'number' }, percent(entries / limit)),
    tag('td', { class: 'number' }, `${entries.toLocaleString('en')} of ${limit.toLocaleString('en')}`),
    tag('td', {}, alertList(scenario.alerts, agent && firing, seconds)),
    tag('td', {}, `${scenario.name}: ${scenario.description}`),
  );
}

function stateTag(isWatched: boolean, [worst]: readonly AlarmJson[]): Tag {
  const level = worst?.severity ?? (isWatched ? 'ok' : 'no_data');
  const label = worst?.label ?? (isWatched ? 'no alarm' : 'no agent');
  return tag('span', { class: `state ${level}` }, tag('span', { class: 'shape' }), label);
}

function alertList(
  expected: readonly ScenarioAlert[],
  firing: readonly AlarmJson[] | undefined,
  seconds: number,
): Tag | string {
  if (expected.length === 0) return 'none';
  const items = expected.map((alert) => {
    const active = firing?.find(({ alertname }) => alertname === alert.alertname);
    const isAgentDown = firing === undefined && seconds >= alert.afterSeconds;
    const absent = isAgentDown ? 'raised by Prometheus' : expectedIn(alert, seconds);
    const when = active === undefined ? absent : `firing for ${span(active.forSeconds)}`;
    return tag('li', {}, `${alert.alertname.replace('Conntrack', '')} `, tag('span', { class: 'when' }, when));
  });
  return tag('ul', {}, ...items);
}

function expectedIn({ afterSeconds, everySeconds }: ScenarioAlert, seconds: number): string {
  if (seconds < afterSeconds) return `in ${span(afterSeconds - seconds)}`;
  if (everySeconds === undefined) return `was due ${span(seconds - afterSeconds)} ago`;
  return `again in ${span(everySeconds - ((seconds - afterSeconds) % everySeconds))}`;
}

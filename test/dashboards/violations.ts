/**
 * What may be wrong with a dashboard: the rules of Grafana's dashboard-linter, and our own. Two of the linter's do not apply, a variable
 * `job` and one `instance` that the user sees: nodes are what ours are about.
 */
import { TEN_MINUTES } from '../../dashboards/expressions.ts';
import { FAMILIES } from '../../src/metrics/exposition.ts';
import { RECORDS } from '../alerts/rule-book.ts';
import { askedBy, expressionsOf, plain } from './committed.ts';
import type { Dashboard, Panel } from './questions.ts';
import { selectorsOf, syntaxErrors } from './selectors.ts';

export type Rule = (dashboard: Dashboard) => string[];

const DATASOURCE = '${datasource}';
const PANEL_TYPES = ['timeseries', 'stat', 'bargauge', 'table', 'text'];
/** Of kube-state-metrics and of Prometheus itself. */
const OTHERS = ['up', 'kube_pod_info', 'kube_service_info', 'kube_node_info'];

const isText = ({ type }: Panel) => type === 'text';

const knownMetrics = new Set([
  ...FAMILIES.flatMap(({ name, type }) =>
    type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name],
  ),
  ...RECORDS.map(({ record }) => record),
  ...OTHERS,
]);

const counters = new Set(
  FAMILIES.flatMap(({ name, type }) => {
    if (type === 'histogram') return ['_bucket', '_sum', '_count'].map((end) => name + end);
    return type === 'counter' ? [name] : [];
  }),
);

/** Panels that `violates` finds fault with, by title. */
const panelsThat =
  (violates: (panel: Panel) => boolean): Rule =>
  ({ panels }) =>
    panels.filter(violates).map(({ title, id }) => title || `panel ${id}`);

const expressionsThat =
  (fault: (expr: string) => readonly string[]): Rule =>
  (dashboard) =>
    expressionsOf(dashboard).flatMap(({ where, expr }) => fault(expr).map((what) => `${where}: ${what}`));

export const RULES: Readonly<Record<string, Rule>> = {
  'gives each panel a number of its own': ({ panels }) =>
    panels.filter(({ id }, i) => panels.findIndex((other) => other.id === id) !== i).map(({ title }) => title),

  'keeps panels apart and on the grid': ({ panels }) =>
    panels
      .filter((panel, i) => {
        const { x, y, w, h } = panel.gridPos;
        return x < 0 || y < 0 || x + w > 24 || h < 1 || panels.slice(0, i).some((other) => overlap(panel, other));
      })
      .map(({ title }) => title),

  'has no kind of panel that cannot be drawn here': panelsThat(({ type }) => !PANEL_TYPES.includes(type)),

  'says on each panel what it is and what to do': panelsThat(
    ({ title, description = '' }) => title === '' || title.length > 60 || description === '',
  ),

  'asks with a question or a plain noun': panelsThat(({ title }) => /[.!]$/.test(title) || !/^[A-Z]/.test(title)),

  'takes every answer from the chosen data source': ({ panels }) =>
    panels
      .filter((panel) => !isText(panel))
      .filter(({ datasource, targets = [] }) => {
        const sources = [datasource, ...targets.map((target) => target.datasource)];
        return (
          targets.length === 0 || sources.some((source) => source?.type !== 'prometheus' || source.uid !== DATASOURCE)
        );
      })
      .map(({ title }) => title),

  'gives each value a unit that Grafana knows': panelsThat(
    (panel) => !isText(panel) && panel.type !== 'table' && !UNITS.test(panel.fieldConfig.defaults.unit ?? ''),
  ),

  'says something where there is no data': panelsThat(
    (panel) => !isText(panel) && panel.fieldConfig.defaults.noValue === undefined,
  ),

  'has expressions that are PromQL': expressionsThat((expr) => syntaxErrors(plain(expr))),

  'asks for metrics that exist': expressionsThat((expr) =>
    selectorsOf(plain(expr)).flatMap(({ metric }) => (knownMetrics.has(metric) ? [] : [metric])),
  ),

  'asks for counters by rate or increase alone': expressionsThat((expr) =>
    selectorsOf(plain(expr))
      .filter(({ metric, within = '' }) => counters.has(metric) && !['rate', 'increase'].includes(within))
      .map(({ metric }) => metric),
  ),

  'leaves the window of a rate to Grafana, or takes that of an alarm': (dashboard) =>
    askedBy(dashboard).flatMap(({ panel, target }) => {
      const windows = [...target.expr.matchAll(/\b(rate|increase)\([^()]*\[([^\]]+)\]/g)];
      const fixed = windows.filter(
        ([, of, range]) =>
          range !== '$__rate_interval' && range !== TEN_MINUTES && !(of === 'increase' && range === '$__range'),
      );
      return fixed.map(([what]) => `${panel.title}: ${what}`);
    }),

  'asks for the chosen clusters alone': expressionsThat((expr) =>
    selectorsOf(expr.replaceAll(/\[\$\w+\]/g, '[1m]'))
      .filter(({ matchers }) => !matchers.includes('cluster=~"$cluster"'))
      .filter(({ metric }) => metric !== expr) // The list of clusters.
      .map(({ metric }) => metric),
  ),

  'tells agents from other exporters by their job': expressionsThat((expr) =>
    selectorsOf(plain(expr))
      .filter(({ metric }) => /^(conntrack_|process_|up$)/.test(metric) && metric !== expr)
      .filter(({ matchers }) => !matchers.includes('job=~".*conntrack-agent.*"'))
      .map(({ metric }) => metric),
  ),

  'offers a data source, and what else it offers follows the time range': ({ templating: { list } }) => {
    const [first] = list;
    const isFirst = first?.type === 'datasource' && first.name === 'datasource' && first.query === 'prometheus';
    const stale = list.filter(({ type, refresh }) => type === 'query' && refresh !== 2).map(({ name }) => name);
    return [
      ...(isFirst ? [] : ['datasource']),
      ...stale,
      ...list.filter(({ label }) => !label).map(({ name }) => name),
    ];
  },

  'carries time and variables to the other dashboards': ({ links }) => {
    const lossy = links.filter(({ keepTime, includeVars }) => !keepTime || !includeVars).map(({ url }) => url);
    return [...(links.length === 2 ? [] : [`${links.length} links`]), ...lossy];
  },

  'carries time, data source and cluster along with a node': (dashboard) => {
    const urls = JSON.stringify(dashboard.panels).match(/\/d\/[^"]*/g) ?? [];
    const needed = ['${__url_time_range}', '${datasource:queryparam}', '${cluster:queryparam}', 'var-node='];
    return urls.filter((url) => needed.some((part) => !url.includes(part)));
  },

  'is changed where it is made, not in Grafana': ({ editable }) => (editable ? ['editable'] : []),
};

const UNITS = /^(short|s|percentunit|bytes|cps|count:\S+)$/;

function overlap({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

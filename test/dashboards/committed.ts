/** The dashboards as they are committed, and what stands for their variables where nobody has chosen. */
import { readFileSync } from 'node:fs';
import { DASHBOARDS } from '../../dashboards/generate.ts';
import { type Choices, type Dashboard, interpolate, type Panel, type Setting, type Target } from './questions.ts';

export const COMMITTED: readonly Dashboard[] = DASHBOARDS.map(({ file }) => JSON.parse(readFileSync(file, 'utf8')));

const ANY: Choices = { cluster: '.*', node: '.+' };
const SETTING: Setting = { fromSeconds: 0, toSeconds: 3600, stepSeconds: 15, scrapeSeconds: 15 };

/** With variables put in, as Prometheus gets it. */
export const plain = (expr: string): string => interpolate(expr, ANY, SETTING);

export type Asked = { readonly panel: Panel; readonly target: Target };

export function askedBy(dashboard: Dashboard): Asked[] {
  return dashboard.panels.flatMap((panel) => (panel.targets ?? []).map((target) => ({ panel, target })));
}

/** Expressions of panels, variables and annotations: all that Prometheus is asked. */
export function expressionsOf(dashboard: Dashboard): { readonly where: string; readonly expr: string }[] {
  return [
    ...askedBy(dashboard).map(({ panel, target }) => ({ where: `${panel.title} ${target.refId}`, expr: target.expr })),
    ...dashboard.templating.list.flatMap(({ name, query }) => {
      const text = typeof query === 'string' ? query : query.query;
      const expr = /^label_values\((.+), \w+\)$/.exec(text)?.[1];
      return expr === undefined ? [] : [{ where: `variable ${name}`, expr }];
    }),
    ...(dashboard.annotations?.list ?? []).flatMap(({ name, expr }) =>
      expr === undefined ? [] : [{ where: `annotation ${name}`, expr }],
    ),
  ];
}

/** What Grafana makes of a dashboard's variables and expressions before Prometheus is asked. No Node modules: a browser imports it too. */

export type Target = {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
  readonly instant?: boolean;
  readonly format: 'time_series' | 'table';
  readonly datasource: { readonly type: string; readonly uid: string };
};

type GridPos = { readonly x: number; readonly y: number; readonly w: number; readonly h: number };

export type Panel = {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly gridPos: GridPos;
  readonly targets?: readonly Target[];
  // biome-ignore lint/suspicious/noExplicitAny: a kind of panel has options of its own
  readonly options?: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly fieldConfig: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly transformations?: any[];
};

type Variable = {
  readonly name: string;
  readonly label: string;
  readonly type: string;
  readonly hide?: number;
  readonly query: string | { readonly query: string };
  readonly refresh?: number;
  readonly multi?: boolean;
  readonly includeAll?: boolean;
  readonly allValue?: string;
};

export type Dashboard = {
  readonly uid: string;
  readonly title: string;
  readonly editable: boolean;
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations?: { readonly list: readonly { readonly name: string; readonly expr?: string }[] };
  readonly links: readonly { readonly url: string; readonly keepTime: boolean; readonly includeVars: boolean }[];
  readonly panels: readonly Panel[];
};

type TimeWindow = { readonly fromSeconds: number; readonly toSeconds: number; readonly stepSeconds: number };

/** How often the data source says it is scraped: Grafana's $__rate_interval is four times that at least. */
export type Setting = TimeWindow & { readonly scrapeSeconds: number };

/** Each as the regular expression that stands for the choice. */
export type Choices = Readonly<Record<string, string>>;

export type Sample = { readonly metric: Readonly<Record<string, string>>; readonly value: number };

/** Asks Prometheus at the end of the window. */
export type Ask = (expr: string) => Promise<readonly Sample[]>;

export function interpolate(expr: string, choices: Choices, setting: Setting): string {
  const { fromSeconds, toSeconds, stepSeconds, scrapeSeconds } = setting;
  const builtIn: Choices = {
    __rate_interval: `${Math.max(stepSeconds + scrapeSeconds, 4 * scrapeSeconds)}s`,
    __interval: `${stepSeconds}s`,
    __range: `${Math.round(toSeconds - fromSeconds)}s`,
  };
  return expr.replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced: string | undefined, bare: string | undefined) => {
    const name = braced ?? bare!;
    return builtIn[name] ?? choices[name] ?? whole;
  });
}

/** Every variable in its order; what `chosen` does not name is "All", or the first there is. */
export async function choicesOf(
  dashboard: Dashboard,
  chosen: Choices,
  setting: Setting,
  ask: Ask,
): Promise<Record<string, string>> {
  const choices: Record<string, string> = {};
  for (const variable of dashboard.templating.list) {
    if (variable.type !== 'query') continue;
    choices[variable.name] = chosen[variable.name] ?? (await everything(variable, choices, setting, ask));
  }
  return choices;
}

async function everything(variable: Variable, choices: Choices, setting: Setting, ask: Ask): Promise<string> {
  if (variable.includeAll && variable.allValue !== undefined) return variable.allValue;
  const all = await valuesOf(variable, choices, setting, ask);
  if (!variable.includeAll) return escaped(all[0] ?? '');
  return `(${all.map(escaped).join('|')})`;
}

/** What is between quotes in PromQL is a Go string first and a regular expression then. */
const escaped = (value: string) => value.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\\\$&');

async function valuesOf({ query }: Variable, choices: Choices, setting: Setting, ask: Ask): Promise<string[]> {
  const text = interpolate(typeof query === 'string' ? query : query.query, choices, setting);
  const labelValues = /^label_values\((.+), (\w+)\)$/.exec(text);
  if (labelValues === null) throw new Error(`Cannot ask for "${text}": expected label_values()`);
  const [, series, label] = labelValues;
  const found = await ask(`group by (${label}) (last_over_time(${series}[${interpolate('$__range', {}, setting)}]))`);
  return distinct(found.map(({ metric }) => metric[label!] ?? ''));
}

const distinct = (values: string[]) => [...new Set(values)].filter((value) => value !== '').sort();

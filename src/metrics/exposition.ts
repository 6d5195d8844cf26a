import { Registry, type RegistryContentType } from 'prom-client';
import { AGENT_FAMILIES, PROCESS_FAMILIES } from './agent-families.ts';
import { ALARM_FAMILIES } from './alarm-families.ts';
import type { Family, Publication, Series } from './family.ts';
import { FLOW_FAMILIES, NEW_FLOW_FAMILIES } from './flow-families.ts';
import { NETNS_FAMILIES, NODE_FAMILIES } from './node-families.ts';
import { TABLE_FAMILIES } from './table-families.ts';

/** Every metric family, in the order of the exposition and of the tables in docs. */
export const FAMILIES: readonly Family[] = [
  ...TABLE_FAMILIES,
  ...NODE_FAMILIES,
  ...ALARM_FAMILIES,
  ...FLOW_FAMILIES,
  ...NEW_FLOW_FAMILIES,
  ...NETNS_FAMILIES,
  ...AGENT_FAMILIES,
  ...PROCESS_FAMILIES,
];

const CONTENT_TYPES = {
  text: Registry.PROMETHEUS_CONTENT_TYPE,
  openmetrics: Registry.OPENMETRICS_CONTENT_TYPE,
} as const;

export type Format = keyof typeof CONTENT_TYPES;

/** The text of one agent's metric families, rendered by prom-client. */
export class Exposition {
  readonly #rendered: Readonly<Record<Format, readonly RenderedFamily[]>>;
  #rendering: Promise<unknown> = Promise.resolve();

  constructor(families: readonly Family[] = FAMILIES) {
    this.#rendered = { text: inFormat('text', families), openmetrics: inFormat('openmetrics', families) };
  }

  /** One rendering at a time: a family keeps its series and its text between scrapes. */
  render(publication: Publication, format: Format): Promise<{ contentType: string; body: string }> {
    const rendered = this.#rendering.then(() => this.#render(publication, format));
    this.#rendering = rendered.catch(() => undefined); // Its caller gets the error; the next rendering is not affected.
    return rendered;
  }

  async #render(publication: Publication, format: Format): Promise<{ contentType: string; body: string }> {
    let body = '';
    for (const family of this.#rendered[format]) body += await family.text(publication);
    return { contentType: CONTENT_TYPES[format], body: format === 'text' ? body : `${body}# EOF\n` };
  }
}

/** A registry for each format, since the content type belongs to the registry and the name of a counter to the format. */
function inFormat(format: Format, families: readonly Family[]): RenderedFamily[] {
  const registry = new Registry<RegistryContentType>();
  registry.setContentType(CONTENT_TYPES[format]);
  return families.map((family) => new RenderedFamily(family, registry, format));
}

/**
 * A family with its text. Most values stay the same from scrape to scrape (timeouts, limits, counters of a healthy node), and
 * writing text is most of a scrape's cost, so the text is written again only when a series has changed.
 */
class RenderedFamily {
  readonly #family: Family;
  readonly #render: () => Promise<string>;
  #series: readonly Series[] = [];
  #text = '';

  constructor(family: Family, registry: Registry<RegistryContentType>, format: Format) {
    this.#family = family;
    const { name, type, help } = family;
    // OpenMetrics 1.0 names the family of a counter without `_total`; prom-client appends it to the samples.
    const shownName = format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name;
    const get = async () => ({ name: shownName, type, help, aggregator: 'sum', values: this.#values(shownName) });
    registry.registerMetric({ name: shownName, help, type, aggregator: 'sum', get } as unknown as Metric);
    this.#render = () => registry.getSingleMetricAsString(shownName);
  }

  /** Empty for a family without series. */
  async text(publication: Publication): Promise<string> {
    const series = this.#family.series(publication).filter(({ value }) => value !== undefined);
    if (areSame(series, this.#series)) return this.#text;
    this.#series = series;
    this.#text = series.length === 0 ? '' : `${await this.#render()}\n`;
    return this.#text;
  }

  #values(name: string): { value: number | undefined; labels: Readonly<Record<string, string>>; metricName: string }[] {
    return this.#series.map(({ labels, value, suffix = '' }) => ({ value, labels, metricName: `${name}${suffix}` }));
  }
}

type Metric = Parameters<Registry['registerMetric']>[0];

/** Whether two lists hold the same series in the same order. */
function areSame(a: readonly Series[], b: readonly Series[]): boolean {
  return a.length === b.length && a.every((series, i) => isSame(series, b[i]!));
}

function isSame(a: Series, b: Series): boolean {
  if (a === b) return true;
  if (!Object.is(a.value, b.value) || a.suffix !== b.suffix) return false;
  for (const label in a.labels) if (a.labels[label] !== b.labels[label]) return false;
  return true;
}

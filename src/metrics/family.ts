import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What a metric family is, before any value: the README's metric table and the exposition are both made from it. */
export type Family = {
  readonly name: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly labels?: readonly string[];
  readonly help: string;
};

/** A family of one series without labels, and where its value comes from; undefined leaves the series absent. */
export type Scalar<Source> = Family & {
  readonly type: 'gauge' | 'counter';
  readonly value: (source: Source) => number | undefined;
};

export type Series<Labels extends string> = {
  readonly labels: Readonly<Record<Labels, string>>;
  readonly value: number;
};

/** Whether two lists hold the same series in the same order. */
function sameSeries<Labels extends string>(a: readonly Series<Labels>[], b: readonly Series<Labels>[]): boolean {
  return a === b || (a.length === b.length && a.every((series, i) => sameOne(series, b[i]!)));
}

function sameOne<Labels extends string>(a: Series<Labels>, b: Series<Labels>): boolean {
  if (!Object.is(a.value, b.value)) return false;
  for (const label in a.labels) if (a.labels[label] !== b.labels[label]) return false;
  return true;
}

type Texts = { readonly text: string; readonly openMetrics: string };

/**
 * The families of one exposition with their text. Most values stay the same from scrape to scrape (timeouts, limits, counters
 * of a healthy node), and writing text is most of a scrape's cost, so a family is written again only when a value has changed.
 * A family without a series is left out.
 */
export class FamilyTexts {
  readonly #registry = new Registry();
  readonly #texts = new Map<string, Texts>();
  readonly #changed = new Set<string>();
  #rendering: Promise<unknown> = Promise.resolve();

  /** Registers families of one series each; the result publishes a source's values. */
  scalars<Source>(scalars: readonly Scalar<Source>[]): (source: Source) => void {
    const setters = scalars.map(({ value, ...family }) => {
      const publish = this.labelled<never>({ ...family, labels: [] });
      let last: number | undefined;
      return (source: Source) => {
        const now = value(source);
        if (Object.is(now, last)) return;
        last = now;
        publish(now === undefined ? [] : [{ labels: {}, value: now }]);
      };
    });
    return function publish(source) {
      for (const setter of setters) setter(source);
    };
  }

  /** Registers a family; the result replaces all its series, so that none outlives its source. */
  labelled<Labels extends string>(
    family: Family & { readonly type: 'gauge' | 'counter'; readonly labels: readonly Labels[] },
  ): (series: readonly Series<Labels>[]) => void {
    const { name, type, help, labels: labelNames } = family;
    const metric = new (type === 'counter' ? Counter : Gauge)({ name, help, labelNames, registers: [this.#registry] });
    let last: readonly Series<Labels>[] = [];
    this.#texts.set(name, { text: '', openMetrics: '' });
    return (series) => {
      if (sameSeries(series, last)) return;
      last = series;
      this.#changed.add(name);
      metric.reset();
      if (series.length === 0 && labelNames.length === 0) metric.remove(); // prom-client goes back to 0.
      // The kernel keeps the running totals, and prom-client's counters can only be added to: hence from 0 each time.
      for (const { labels, value } of series) metric.inc(labels, value);
    };
  }

  /** Registers a histogram; the result takes one observation. It has no series before the first, since empty buckets would look like a table that is never full. */
  histogram({ name, help, buckets }: Family & { readonly buckets: readonly number[] }): (value: number) => void {
    const histogram = new Histogram({ name, help, buckets: [...buckets], registers: [this.#registry] });
    this.#texts.set(name, { text: '', openMetrics: '' });
    return (value) => {
      histogram.observe(value);
      this.#changed.add(name);
    };
  }

  /** All families in the order they were registered. */
  render(format: keyof Texts): Promise<string> {
    const rendered = this.#rendering.then(() => this.#renderNow(format));
    this.#rendering = rendered.catch(() => undefined); // Its caller gets the error; the next rendering is not affected.
    return rendered;
  }

  async #renderNow(format: keyof Texts): Promise<string> {
    for (const name of this.#changed) {
      this.#changed.delete(name);
      this.#texts.set(name, textsOf(await this.#registry.getSingleMetricAsString(name)));
    }
    let body = '';
    for (const texts of this.#texts.values()) body += texts[format];
    return format === 'text' ? body : `${body}# EOF\n`;
  }
}

/**
 * A family in both formats. OpenMetrics 1.0 differs, for what we export, in the name of a counter's family, there without
 * `_total`. prom-client can write it too, but renames the metric for good while doing so.
 */
export function textsOf(family: string): Texts {
  if (!/^[^#]/m.test(family)) return { text: '', openMetrics: '' };
  const text = `${family}\n`;
  return { text, openMetrics: text.replaceAll(/^# (HELP|TYPE) (\w+)_total /gm, '# $1 $2 ') };
}

import { Counter, Gauge, type Registry } from 'prom-client';

/** What a metric family is, before any value: the README's metric table and the registry are both made from it. */
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

/** Registers the families; the result publishes one source's values, each series absent until it has one. */
export function registerScalars<Source>(
  registry: Registry,
  scalars: readonly Scalar<Source>[],
): (source: Source) => void {
  const setters = scalars.map(({ name, type, help, value }) => {
    const metric = new (type === 'counter' ? Counter : Gauge)({ name, help, registers: [registry] });
    metric.remove(); // prom-client starts a series without labels at 0.
    return (source: Source) => set(metric, value(source));
  });
  return function publish(source) {
    for (const setter of setters) setter(source);
  };
}

/** The kernel keeps the running total and prom-client can only add. */
function set(metric: Counter | Gauge, value: number | undefined): void {
  if (value === undefined) {
    metric.remove();
  } else if (metric instanceof Gauge) {
    metric.set(value);
  } else {
    metric.reset();
    metric.inc(value);
  }
}

export type Series<Labels extends string> = { readonly labels: Record<Labels, string>; readonly value: number };

/** Registers a gauge with labels; the result replaces all its series, so that none outlives its source. */
export function registerGauge<Labels extends string>(
  registry: Registry,
  { name, help, labels }: Family & { readonly labels: readonly Labels[] },
): (series: Iterable<Series<Labels>>) => void {
  const gauge = new Gauge({ name, help, labelNames: labels, registers: [registry] });
  return function publish(series) {
    gauge.reset();
    for (const { labels: own, value } of series) gauge.set(own, value);
  };
}

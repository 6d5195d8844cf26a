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
export function sameSeries<Labels extends string>(a: readonly Series<Labels>[], b: readonly Series<Labels>[]): boolean {
  return a === b || (a.length === b.length && a.every((series, i) => sameOne(series, b[i]!)));
}

function sameOne<Labels extends string>(a: Series<Labels>, b: Series<Labels>): boolean {
  if (!Object.is(a.value, b.value)) return false;
  for (const label in a.labels) if (a.labels[label] !== b.labels[label]) return false;
  return true;
}

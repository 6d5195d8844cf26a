/** Holds what Prometheus answers against what the scripts imply: a table of panel, expected, got. */
import { type Labels, query } from './prometheus-api.ts';

export type Claim = {
  /** The panel, or what is claimed. */
  readonly panel: string;
  readonly expression: string;
  /** Labels that tell the series apart; others are not looked at. */
  readonly by: readonly string[];
  /** Value by the values of those labels, joined by a blank. */
  readonly expected: ReadonlyMap<string, number>;
  /** How far off a value may be, as a share of it. */
  readonly tolerance?: number;
};

export type ComparisonRow = {
  readonly panel: string;
  readonly series: string;
  readonly expected: number | undefined;
  readonly got: number | undefined;
  readonly agrees: boolean;
};

/** One finding for each series that is expected or was got. @param atSeconds since the epoch; now when left out */
export async function compareWithPrometheus(url: string, claim: Claim, atSeconds?: number): Promise<ComparisonRow[]> {
  const points = await query(url, claim.expression, atSeconds);
  const got = new Map(points.map(({ labels, value }) => [keyOf(labels, claim.by), value]));
  if (got.size < points.length) {
    throw new Error(`Cannot tell the series of "${claim.expression}" apart by ${claim.by.join(', ')}`);
  }
  const series = new Set([...claim.expected.keys(), ...got.keys()]);
  return [...series].sort().map((name) => {
    const [expected, seen] = [claim.expected.get(name), got.get(name)];
    return { panel: claim.panel, series: name, expected, got: seen, agrees: areClose(expected, seen, claim.tolerance) };
  });
}

function keyOf(labels: Labels, by: readonly string[]): string {
  return by.map((label) => labels[label] ?? '').join(' ');
}

function areClose(expected: number | undefined, got: number | undefined, tolerance = 1e-9): boolean {
  if (expected === undefined || got === undefined) return false;
  if (!Number.isFinite(expected) || expected === 0) return expected === got;
  return Math.abs(got - expected) <= tolerance * Math.abs(expected);
}

/** Markdown. */
export function tableOf(rows: readonly ComparisonRow[]): string {
  const lines = rows.map(({ panel, series, expected, got, agrees }) => {
    return `| ${panel} | ${series} | ${numberText(expected)} | ${numberText(got)} | ${agrees ? '' : 'differs'} |`;
  });
  return ['| panel | series | expected | got | |', '| --- | --- | --- | --- | --- |', ...lines].join('\n');
}

function numberText(value: number | undefined): string {
  if (value === undefined) return 'absent';
  return Number.isInteger(value) || !Number.isFinite(value) ? String(value) : value.toPrecision(5);
}

/** A value for each node that has one. */
export function byNode<Of extends { readonly node: string }>(
  all: readonly Of[],
  measure: (one: Of) => number | undefined,
): ReadonlyMap<string, number> {
  const known = all.map((one) => [one.node, measure(one)] as const);
  return new Map(known.flatMap(([node, value]) => (value === undefined ? [] : [[node, value]])));
}

/** The marks of alerts/conntrack.rules.yaml: the one place they are written down. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const RULES = new URL('../alerts/conntrack.rules.yaml', import.meta.url);
const PREFIX = 'conntrack:threshold:';

type Rule = { readonly record?: string; readonly expr: string };

const { groups } = parse(readFileSync(RULES, 'utf8')) as { groups: { rules: Rule[] }[] };

const THRESHOLDS: ReadonlyMap<string, number> = new Map(
  groups
    .flatMap(({ rules }) => rules)
    .filter(({ record }) => record?.startsWith(PREFIX))
    .map(({ record, expr }) => [record!.slice(PREFIX.length), Number(/^vector\((.+)\)$/.exec(expr)?.[1])]),
);

/** Value of `conntrack:threshold:NAME` as the rules are shipped: for colours, which cannot be asked of Prometheus. */
export function threshold(name: string): number {
  const value = THRESHOLDS.get(name);
  if (value === undefined || Number.isNaN(value)) {
    throw new Error(`Cannot read the threshold "${name}": alerts/conntrack.rules.yaml records no such number`);
  }
  return value;
}

/** The mark that is in force in this Prometheus, for a line in a picture or for a comparison. */
export function mark(name: string): string {
  threshold(name);
  return `max(${PREFIX}${name})`;
}

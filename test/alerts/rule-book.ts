/** The rules as a test sees them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const RULES_FILE = `${ROOT}alerts/conntrack.rules.yaml`;
export const RULES_TEXT = readFileSync(RULES_FILE, 'utf8');

type AlertRule = {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
};
type RecordingRule = { readonly record: string; readonly expr: string };

const { groups } = parse(RULES_TEXT) as { groups: { rules: (AlertRule | RecordingRule)[] }[] };
const rules = groups.flatMap((group) => group.rules);

export const ALERTS = rules.filter((rule) => 'alert' in rule);
export const RECORDS = rules.filter((rule) => 'record' in rule);

/** Every word that begins like one of our metrics, without the suffixes of a histogram. */
export function metricsNamedIn(text: string): string[] {
  const names = text.match(/(?<![\w:])(conntrack|process)_[a-z_]+[a-z](?![\w:])/g) ?? [];
  return [...new Set(names.map((name) => name.replace(/(usage_ratio)_(bucket|count|sum)$/, '$1')))];
}

/** Every series that only a recording rule can have made. */
export function recordsNamedIn(text: string): string[] {
  return text.match(/(?<![\w:])(node|cluster|conntrack):[a-z0-9_]+:[a-z0-9_]+/g) ?? [];
}

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ALARM_RULES } from '../../src/judge/alarm.ts';
import { ALERT_KINDS, OWN_LABELS } from '../../src/pager/alert-kinds.ts';
import { annotate } from '../../src/pager/annotations.ts';
import { fullTable } from './paging.ts';

const RULES = new URL('../../alerts/conntrack.rules.yaml', import.meta.url);

type Rule = {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
};

const rules = existsSync(RULES)
  ? (parse(readFileSync(RULES, 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules)
  : [];

/** The labels that the series of an expression are aggregated to, through the recording rules it is made of. */
function labelsOf(expr: string): Set<string> {
  const by = Array.from(expr.matchAll(/\bby \(([^)]*)\)/g), ([, names]) =>
    names!.split(',').map((name) => name.trim()),
  );
  const records = rules.filter(({ record }) => record?.startsWith('node:') && expr.includes(record));
  return new Set([...by.flat(), ...records.flatMap((rule) => [...labelsOf(rule.expr)])]);
}

describe('ALERT_KINDS', () => {
  it('has an alert of its own for each alarm', () => {
    expect(Object.keys(ALERT_KINDS).sort()).toEqual(ALARM_RULES.map(({ name }) => name).sort());
    expect(new Set(Object.values(ALERT_KINDS).map(({ alertname }) => alertname)).size).toBe(ALARM_RULES.length);
  });

  it.skipIf(rules.length === 0).each(Object.values(ALERT_KINDS))(
    'makes of $alertname what the rule makes of it, or the two would not merge',
    (kind) => {
      const rule = rules.find(({ alert }) => alert === kind.alertname);
      expect(rule?.labels).toEqual({ severity: kind.severity });
      expect(rule?.annotations?.['runbook_url']).toBe(annotate(kind, 'node-1', fullTable()).runbook_url);
      // `cluster` is what --alert.label supplies; where Prometheus does not set it, neither has it.
      expect(labelsOf(rule!.expr)).toEqual(new Set(['cluster', 'node']));
      expect(['alertname', 'node', ...Object.keys(rule!.labels!)]).toEqual([...OWN_LABELS]);
    },
  );
});

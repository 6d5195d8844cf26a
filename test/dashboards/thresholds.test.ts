import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CRITICAL, WARNING } from '../../dashboards/colours.ts';
import { namedByNode } from '../../dashboards/expressions.ts';
import { STATES } from '../../dashboards/states.ts';
import { threshold } from '../../dashboards/thresholds.ts';
import { ALERTS, threshold as asRecorded, RECORDS, RULES_FILE } from '../alerts/rule-book.ts';
import { BOOK } from './book.ts';
import type { Dashboard } from './questions.ts';

/** Where colours change that no alert is about: nothing and something, a state, a census that is old. */
const OWN = [Number.MIN_VALUE, 1, STATES.length - 1, 300];

const names = RECORDS.flatMap(({ record }) => /^conntrack:threshold:(.+)$/.exec(record)?.[1] ?? []);

function stepsOf(dashboard: Dashboard): { title: string; value: number }[] {
  const dressedPanels = dashboard.panels.filter(({ fieldConfig }) => fieldConfig !== undefined);
  return dressedPanels.flatMap(({ title, fieldConfig: { defaults, overrides } }) => {
    const dressed = overrides.flatMap(({ properties }: { properties: { id: string; value: unknown }[] }) =>
      properties.filter(({ id }) => id === 'thresholds').map(({ value }) => value),
    );
    const steps = [defaults.thresholds, ...dressed].flatMap((thresholds) => thresholds?.steps ?? []);
    return steps.filter(({ value }) => value !== null).map(({ value }) => ({ title, value }));
  });
}

const strays = (dashboard: Dashboard, marks: readonly number[]) =>
  stepsOf(dashboard).filter(({ value }) => !marks.includes(value));

describe('threshold()', () => {
  it.each(names)('reads %s as the alerts do', (name) => {
    expect(threshold(name)).toBe(asRecorded(name));
  });

  it('refuses a name that the rules do not record', () => {
    expect(() => threshold('no_such_mark')).toThrow('Cannot read the threshold "no_such_mark"');
  });
});

describe('the colours of the panels', () => {
  it.each(BOOK)('change in $uid at the marks of the alerts', (dashboard) => {
    expect(strays(dashboard, [...names.map(asRecorded), ...OWN])).toEqual([]);
  });

  it('would be seen to change elsewhere', () => {
    expect(BOOK.flatMap((dashboard) => strays(dashboard, OWN)).length).toBeGreaterThan(5);
  });
});

describe('STATES', () => {
  it('knows every alert about a node, and colours it by its severity', () => {
    const ofNodes = ALERTS.filter(({ annotations }) => annotations['summary']!.includes('$labels.node'));
    const severities = new Map(
      ofNodes.map(({ alert, labels }) => [alert, labels['severity'] === 'critical' ? CRITICAL : WARNING]),
    );
    expect(new Map(STATES.map(({ alert, colour }) => [alert, colour]))).toEqual(severities);
  });

  it('puts what wakes a person above what does not', () => {
    const isCritical = STATES.map(({ colour }) => colour === CRITICAL);
    expect(isCritical).toEqual([...isCritical].sort((a, b) => Number(a) - Number(b)));
  });
});

describe('namedByNode()', () => {
  it('names nodes as the rules do', () => {
    const [, join, replace] = /^label_replace\((label_join\(X.*?\)), (.*)\)$/.exec(namedByNode('X'))!;
    const rules = readFileSync(RULES_FILE, 'utf8');
    expect(rules).toContain(join!.replace('X', 'conntrack_entries'));
    expect(rules).toContain(replace!);
  });
});

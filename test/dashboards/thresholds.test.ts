import { describe, expect, it } from 'vitest';
import { CRITICAL, WARNING } from '../../dashboards/colours.ts';
import { FIRST_CRITICAL, STATES } from '../../dashboards/states.ts';
import { threshold } from '../../dashboards/thresholds.ts';
import { ALARM_ROWS } from '../../src/model/alarms/alarms.ts';
import { THRESHOLD_ENTRIES } from '../../src/model/alarms/thresholds.ts';
import { COMMITTED } from './committed.ts';
import type { Dashboard } from './questions.ts';

/** Where colours change that no alarm is about: nothing and something, a state, a flow sample that is old. */
const OWN = [Number.MIN_VALUE, 1, FIRST_CRITICAL, 300];

function stepsOf(dashboard: Dashboard): { title: string; value: number }[] {
  const panelsWithFields = dashboard.panels.filter(({ fieldConfig }) => fieldConfig !== undefined);
  return panelsWithFields.flatMap(({ title, fieldConfig: { defaults, overrides } }) => {
    const overridden = overrides.flatMap(({ properties }: { properties: { id: string; value: unknown }[] }) =>
      properties.filter(({ id }) => id === 'thresholds').map(({ value }) => value),
    );
    const steps = [defaults.thresholds, ...overridden].flatMap((thresholds) => thresholds?.steps ?? []);
    return steps.filter(({ value }) => value !== null).map(({ value }) => ({ title, value }));
  });
}

const unexpectedSteps = (dashboard: Dashboard, thresholds: readonly number[]) =>
  stepsOf(dashboard).filter(({ value }) => !thresholds.includes(value));

describe('threshold()', () => {
  it('is in base units, as the metric has it', () => {
    expect(threshold('timeToActMs')).toBe(900);
    expect(threshold('highUsage')).toBe(0.9);
  });
});

describe('the colours of the panels', () => {
  it.each(COMMITTED)('change in $uid at the thresholds of the alarms', (dashboard) => {
    expect(unexpectedSteps(dashboard, [...THRESHOLD_ENTRIES.map(([key]) => threshold(key)), ...OWN])).toEqual([]);
  });

  it('would be seen to change elsewhere', () => {
    expect(COMMITTED.flatMap((dashboard) => unexpectedSteps(dashboard, OWN)).length).toBeGreaterThan(5);
  });
});

describe('STATES', () => {
  it('has every alarm of the table under its label, coloured by its severity, and "not watched"', () => {
    const expected = ALARM_ROWS.map(({ label, severity }) => [label, severity === 'critical' ? CRITICAL : WARNING]);
    expect(STATES.map(({ label, colour }) => [label, colour]).sort()).toEqual(
      [...expected, ['not watched', WARNING]].sort(),
    );
  });

  it('puts what wakes a person above what does not, and keeps the order of the table', () => {
    const labels = STATES.map(({ label }) => label).reverse();
    const isCritical = STATES.map(({ colour }) => colour === CRITICAL);
    expect(isCritical).toEqual([...isCritical].sort((a, b) => Number(a) - Number(b)));
    expect(labels.filter((label) => label !== 'not watched')).toEqual(ALARM_ROWS.map(({ label }) => label));
  });

  it.each(ALARM_ROWS)('is drawn with $id in the tables of the fleet and of a node', ({ id, label }) => {
    const [fleet, node] = COMMITTED.map((dashboard) => JSON.stringify(dashboard));
    for (const text of [fleet, node]) {
      expect(text).toContain(`\\"alarm\\", \\"${id}\\"`);
      expect(text).toContain(`"text":"${label}"`);
    }
  });
});

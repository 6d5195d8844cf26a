import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AGENT_ALERTS } from '../../alerts/agent-alerts.ts';
import { CLUSTER_ALERTS } from '../../alerts/cluster-rules.ts';
import { OPTION_ENTRIES } from '../../src/config/options.ts';
import { FAMILIES } from '../../src/metrics/exposition.ts';
import { ALARM_ROWS } from '../../src/model/alarms/alarms.ts';
import { THRESHOLD_ENTRIES, type ThresholdRow, thresholdValue } from '../../src/model/alarms/thresholds.ts';
import { metricsNamedIn, RECORDS, ROOT, RULES_TEXT, recordsNamedIn } from './rule-book.ts';

const FOLDER = `${ROOT}docs/runbooks`;
const HEADINGS = [
  '## Meaning',
  '## Impact',
  '## Diagnosis',
  '## Mitigation',
  '### In two minutes',
  '### In a day',
  '## How to tell that it is over',
  '## Changing the threshold',
];

const runbooks = readdirSync(FOLDER).map((file) => ({ file, text: readFileSync(`${FOLDER}/${file}`, 'utf8') }));
const flags = OPTION_ENTRIES.flatMap(([, { flag }]) => [`--${flag}`, `--no-${flag}`]);

describe('docs/runbooks', () => {
  it('has one for each alert and no other', () => {
    const alerts = [
      ...ALARM_ROWS.map(({ alertname }) => alertname),
      ...[...AGENT_ALERTS, ...CLUSTER_ALERTS].map(({ alert }) => alert),
    ];
    expect(runbooks.map(({ file }) => file).sort()).toEqual(alerts.map((alert) => `${alert}.md`).sort());
  });

  it.each(runbooks)('$file has each heading once, in order', ({ file, text }) => {
    const headings = text.split('\n').filter((line) => /^#+ [A-Z]/.test(line) && !line.startsWith('# sysctl'));
    expect(headings).toEqual([`# ${file.replace('.md', '')}`, ...HEADINGS]);
  });

  it.each(runbooks)('$file is finished', ({ text }) => {
    expect(text).not.toMatch(/TODO|FIXME|TBD|XXX/);
    expect(text).not.toMatch(/^##.*\n\n##? /m);
  });

  it.each(runbooks)('$file names only metrics that are exported', ({ text }) => {
    const exported = FAMILIES.map(({ name }) => name);
    const notMetrics = ['conntrack_allowance_exceeded', 'conntrack_allowance_available']; // Of the driver.
    expect([...exported, ...notMetrics]).toEqual(expect.arrayContaining(metricsNamedIn(text).filter(isWhole)));
  });

  it.each(runbooks)('$file names only series that are recorded', ({ text }) => {
    const recorded = RECORDS.map(({ record }) => record);
    expect(recorded).toEqual(expect.arrayContaining(recordsNamedIn(text)));
  });

  it.each(runbooks)('$file names only flags the agent has', ({ text }) => {
    // Ours have a dot; those of other programs in the runbooks do not.
    const named = text.match(/(?<=`)--[a-z]+\.[a-z.-]+[a-z]/g) ?? [];
    expect(flags).toEqual(expect.arrayContaining(named));
  });

  it.each(ALARM_ROWS)('names the alarm $id on the page of its alert', ({ id, alertname }) => {
    expect(runbooks.find(({ file }) => file === `${alertname}.md`)?.text).toContain(`\`${id}\``);
  });

  it.each(THRESHOLD_ENTRIES.map(([, row]) => row))('says where to change --alarm.$flag, with its default', (row) => {
    const named = runbooks.flatMap(({ text }) => [
      ...text.matchAll(new RegExp(`\`--alarm.${row.flag}\` \\(([\\d.]+m?)`, 'g')),
    ]);
    expect(named.length).toBeGreaterThan(0);
    for (const [, value] of named) expect(value).toBe(shortDefault(row));
  });

  it.each(runbooks)('$file shows no place of the machine its commands were run on', ({ text }) => {
    expect(text).not.toMatch(/\/tmp\/|\/work\/|\/root\/|conntrack-lab/);
  });
});

describe('conntrack.rules.yaml', () => {
  it('names only flags the agent has', () => {
    const named = RULES_TEXT.match(/--[a-z]+\.[a-z.-]+[a-z]/g) ?? [];
    expect(flags).toEqual(expect.arrayContaining(named));
  });
});

/** As a runbook writes it: 0.9, 15m, 2. */
function shortDefault(row: ThresholdRow): string {
  const value = thresholdValue(row, row.fallback);
  return row.kind === 'duration' && value >= 60 ? `${value / 60}m` : String(value);
}

/** Not a prefix that a command greps for. */
function isWhole(name: string): boolean {
  return !['conntrack_entries_', 'conntrack_agent'].includes(name);
}

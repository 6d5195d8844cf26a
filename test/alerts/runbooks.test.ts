import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { OPTION_ENTRIES } from '../../src/cli/settings/options.ts';
import { METRICS } from '../../src/metrics/catalogue.ts';
import { ALERTS, metricsNamedIn, RECORDS, ROOT, RULES_TEXT } from './rule-book.ts';

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
    expect(runbooks.map(({ file }) => file).sort()).toEqual(ALERTS.map(({ alert }) => `${alert}.md`).sort());
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
    const exported = METRICS.map(({ name }) => name);
    const notMetrics = ['conntrack_allowance_exceeded'];
    expect([...exported, ...notMetrics]).toEqual(expect.arrayContaining(metricsNamedIn(text).filter(isWhole)));
  });

  it.each(runbooks)('$file names only series that are recorded', ({ text }) => {
    const recorded = RECORDS.map(({ record }) => record);
    const named = text.match(/(?<![\w:])(node|cluster|conntrack):[a-z0-9_]+:[a-z0-9_]+/g) ?? [];
    expect(recorded).toEqual(expect.arrayContaining(named));
  });

  it.each(runbooks)('$file names only flags the agent has', ({ text }) => {
    // Ours have a dot; those of other programs in the runbooks do not.
    const named = text.match(/(?<=`)--[a-z]+\.[a-z.-]+[a-z]/g) ?? [];
    expect(flags).toEqual(expect.arrayContaining(named));
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

/** Not a prefix that a command greps for. */
function isWhole(name: string): boolean {
  return !['conntrack_entries_', 'conntrack_agent'].includes(name);
}

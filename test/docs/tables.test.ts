import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DOCUMENTS } from '../../docs/documents.ts';
import { alarmTable, between, figureTable, flagTable, metricTable } from '../../docs/tables.ts';
import { OPTION_ENTRIES, variableOf } from '../../src/config/options.ts';
import { ALARM_ROWS } from '../../src/model/alarms/alarms.ts';

const RESULTS = new URL('../../bench/alerts/RESULTS.md', import.meta.url);

describe('the documents with generated tables', () => {
  it.each(DOCUMENTS)('have the tables of this code; `npm run docs` writes them: $name', ({ file, update }) => {
    const text = readFileSync(file, 'utf8');
    expect(text).toBe(update(text));
  });
});

describe('alarmTable()', () => {
  it('has one row for each alarm, with its runbook', () => {
    const [, , ...rows] = alarmTable().split('\n');
    expect(rows).toHaveLength(ALARM_ROWS.length);
    for (const [i, { alertname, severity }] of ALARM_ROWS.entries())
      expect(rows[i]).toContain(`[\`${alertname}\`](docs/runbooks/${alertname}.md) | ${severity} | The node `);
  });
});

describe('figureTable()', () => {
  it('has our rules and two others on both corpora', () => {
    const [, , ...rows] = figureTable(readFileSync(RESULTS, 'utf8')).split('\n');
    expect(rows).toHaveLength(8);
    expect(rows.filter((row) => row.includes('ours'))).toHaveLength(4);
    for (const row of rows)
      expect(row.split('|').every((cell, i, { length }) => i === 0 || i === length - 1 || cell.trim() !== '')).toBe(
        true,
      );
  });

  it('says what it does not find', () => {
    const results = readFileSync(RESULTS, 'utf8').replaceAll('losses missed', 'x');
    expect(() => figureTable(results)).toThrow('Cannot find "losses missed" in bench/alerts/RESULTS.md');
  });
});

describe('flagTable()', () => {
  it('has one row for each option, with its variable and default', () => {
    const [header, , ...rows] = flagTable().split('\n');
    expect(header).toBe('| flag | variable | default | meaning |');
    expect(rows).toHaveLength(OPTION_ENTRIES.length);
    for (const [i, [, { flag }]] of OPTION_ENTRIES.entries())
      expect(rows[i]).toContain(`${flag}\` | \`${variableOf(flag)}\` |`);
    expect(rows).toContainEqual(
      expect.stringContaining('| `100ms` | Time between two samples of the table (a duration from 10ms to 10s) |'),
    );
    expect(rows).toContainEqual(
      expect.stringContaining('| `--[no-]collector.counters` | `CONNTRACK_AGENT_COLLECTOR_COUNTERS` | on |'),
    );
  });
});

describe('metricTable()', () => {
  it('shows labels in the name and keeps bars and brackets inside their cell', () => {
    expect(
      metricTable([
        { name: 'a_total', type: 'counter', labels: [], help: 'x | y' },
        { name: 'b', type: 'gauge', labels: ['protocol', 'state'], help: 'x <y>' },
      ]),
    ).toBe(
      [
        '| metric | type | meaning |',
        '| --- | --- | --- |',
        '| `a_total` | counter | x \\| y |',
        '| `b{protocol,state}` | gauge | x &lt;y> |',
      ].join('\n'),
    );
  });
});

describe('between()', () => {
  it('replaces what stands between the markers and nothing else', () => {
    const text = 'a\n<!-- flags -->\nold\n<!-- /flags -->\nb $& $1\n';
    expect(between('flags', text, 'new $&')).toBe('a\n<!-- flags -->\nnew $&\n<!-- /flags -->\nb $& $1\n');
  });

  it.each(['nothing', '<!-- flags -->', '<!-- /flags --><!-- flags -->'])(
    'refuses a text without both markers: %j',
    (text) => {
      expect(() => between('flags', text, 'new')).toThrow(
        'Cannot place the table "flags": expected <!-- flags --> before <!-- /flags -->',
      );
    },
  );
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { between, flagTable, metricTable, withTables } from '../../docs/tables.ts';
import { OPTION_ENTRIES, variableOf } from '../../src/config/options.ts';
import { METRICS } from '../../src/metrics/catalogue.ts';

const README = new URL('../../README.md', import.meta.url);

describe('README.md', () => {
  it('has the flags and metrics of this code; `npm run docs` writes them', () => {
    const readme = readFileSync(README, 'utf8');
    expect(readme).toBe(withTables(readme, METRICS));
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
  it('replaces what stands between the marks and nothing else', () => {
    const text = 'a\n<!-- flags -->\nold\n<!-- /flags -->\nb $& $1\n';
    expect(between('flags', text, 'new $&')).toBe('a\n<!-- flags -->\nnew $&\n<!-- /flags -->\nb $& $1\n');
  });

  it.each(['nothing', '<!-- flags -->', '<!-- /flags --><!-- flags -->'])(
    'refuses a text without both marks: %j',
    (text) => {
      expect(() => between('flags', text, 'new')).toThrow(
        'Cannot place the table "flags": expected <!-- flags --> before <!-- /flags -->',
      );
    },
  );
});

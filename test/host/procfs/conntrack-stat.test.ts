import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  CONNTRACK_STAT,
  entriesOf,
  firstEntries,
  parseConntrackStat,
  readConntrackStat,
} from '../../../src/host/procfs/conntrack-stat.ts';
import { ProcFs } from '../../../src/host/procfs/proc-fs.ts';
import { COUNTER_NAMES } from '../../../src/model/reading.ts';
import { STAT_HEADER } from '../../fake-node.ts';

const procOf = (node: string) =>
  new ProcFs(fileURLToPath(new URL(`../../fixtures/nodes/${node}/proc`, import.meta.url)));
const fileOf = (node: string) => procOf(node).keep(CONNTRACK_STAT);
const row = (values: readonly number[]) => values.map((value) => value.toString(16).padStart(8, '0')).join(' ');
const CPU = row([100, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);

describe('parseConntrackStat()', () => {
  it('gives each column of a current kernel its own value', () => {
    const [cpu] = parseConntrackStat(`${STAT_HEADER.clashres}\n${CPU}\n`);
    expect(Object.fromEntries(cpu!)).toEqual({
      clashres: 1,
      found: 2,
      invalid: 4,
      chainlength: 7,
      insert_failed: 9,
      drop: 10,
      early_drop: 11,
      icmp_error: 12,
      search_restart: 16,
    });
  });

  it('does not take "searched" of an old kernel for resolved clashes, nor "delete_list" for long chains', () => {
    const [cpu] = parseConntrackStat(`${STAT_HEADER.searched}\n${CPU}\n`);
    expect([cpu?.get('clashres'), cpu?.get('chainlength'), cpu?.get('drop')]).toEqual([undefined, undefined, 10]);
  });

  it('follows the header when columns move or are missing, and skips those it does not know', () => {
    const [cpu] = parseConntrackStat('entries  drop brand_new\n00000001  0000000a 0000000b\n');
    expect(Object.fromEntries(cpu!)).toEqual({ drop: 10 });
  });

  it.each([1, 512])('reads the rows of %d CPUs', (cpus) => {
    const text = `${STAT_HEADER.clashres}\n${`${CPU}\n`.repeat(cpus)}`;
    expect(parseConntrackStat(text)).toHaveLength(cpus);
  });

  it.each([
    ['an empty file', '', 'the header is ""'],
    ['text of something else', 'hello\nworld\n', 'the header is "hello"'],
    ['a header alone', `${STAT_HEADER.clashres}\n`, 'there is a header and no row of any CPU'],
    ['a row cut short', `entries drop\n${row([1, 2])}\n${row([1])}\n`, 'row 1 has 1 fields under 2 column names'],
    ['a row too long', `entries drop\n${row([1, 2, 3])}\n`, 'row 0 has 3 fields under 2 column names'],
    ['a field that is not hex', 'entries drop\n01 zz\n', 'row 0 has "zz" under "drop", expected a hex number'],
    [
      'a field over 32 bits',
      'entries drop\n01 1ffffffff\n',
      'row 0 has "1ffffffff" under "drop", expected a hex number',
    ],
    ['a negative field', 'entries drop\n01 -1\n', 'row 0 has "-1" under "drop", expected a hex number'],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseConntrackStat(text)).toThrow(new SyntaxError(message));
  });
});

describe('readConntrackStat()', () => {
  it('reads what Linux 6.18 prints', () => {
    const rows = readConntrackStat(fileOf('linux-6.18'), 0)!;
    expect(rows.length).toBeGreaterThan(0);
    const columns = STAT_HEADER.clashres.split(/\s+/);
    expect([...rows[0]!.keys()]).toEqual(columns.filter((name) => (COUNTER_NAMES as readonly string[]).includes(name)));
  });

  it('is undefined on a kernel built without the file', () => {
    expect(readConntrackStat(fileOf('ubuntu-5.15-no-stat-file'), 0)).toBeUndefined();
  });
});

describe('entriesOf()', () => {
  const text = `${STAT_HEADER.clashres}\n${CPU}\n${CPU}\n`;

  it('is the count that every row repeats, once', () => {
    expect(entriesOf(text)).toBe(100);
  });

  it('needs no more than the beginning of the first row', () => {
    expect(entriesOf(text.slice(0, STAT_HEADER.clashres.length + 12))).toBe(100);
  });

  it.each([
    ['a header alone', STAT_HEADER.clashres],
    ['another file', 'one two\n1 2\n'],
    ['a row that is not hex', `${STAT_HEADER.clashres}\nzz\n`],
  ])('refuses %s', (_, broken) => {
    expect(() => entriesOf(broken)).toThrow(SyntaxError);
  });
});

describe('firstEntries()', () => {
  it('is matched by the name of the column', () => {
    expect(firstEntries('searched entries\n00000001 0000002a\n')).toBe(42);
    expect(firstEntries(`${STAT_HEADER.searched}\n000000ff  0\n`)).toBe(255);
  });

  it.each(['', 'entries', 'entries\nxyz', 'found new\n1 2\n'])('is undefined in %j', (text) => {
    expect(firstEntries(text)).toBeUndefined();
  });
});

import { OperatorError } from '../model/operator-error.ts';
import { COUNTER_NAMES, type CounterName, type CpuRow } from '../model/reading.ts';
import type { ProcTree } from './proc-fs.ts';

const PATH = 'net/stat/nf_conntrack';
const NAMES: ReadonlySet<string> = new Set(COUNTER_NAMES);
const U32_MAX = 0xffff_ffff;

/** Counters from procfs (CONFIG_NF_CONNTRACK_PROCFS), a row per possible CPU; undefined when the file is not there. */
export function readConntrackStat(proc: ProcTree): readonly CpuRow[] | undefined {
  const text = proc.read(PATH);
  if (text === undefined) return undefined;
  try {
    return parseConntrackStat(text);
  } catch (cause) {
    throw new OperatorError(`Cannot parse "${proc.root}/${PATH}": ${(cause as Error).message}`, {
      remedy: "Check that --path.procfs names the node's proc file system, or turn it off with --no-collector.counters",
      cause,
    });
  }
}

/**
 * Fields are matched to the header, never to a position: Linux has renamed two columns in place
 * (searched became clashres, delete_list became chainlength). Columns that are no known counter are skipped. Throws SyntaxError naming row and field.
 */
export function parseConntrackStat(text: string): readonly CpuRow[] {
  const [header = '', ...lines] = text.trimEnd().split('\n');
  const columns = words(header);
  if (!columns.includes('entries')) throw new SyntaxError(`the header is ${JSON.stringify(header.slice(0, 80))}`);
  if (lines.length === 0) throw new SyntaxError('there is a header and no row of any CPU');
  return lines.map((line, row) => parseRow(columns, words(line), row));
}

/** The count of the namespace, which every row repeats, so the beginning of the first is enough. Throws SyntaxError. */
export function entriesOf(text: string): number {
  const entries = firstEntries(text);
  if (entries === undefined) throw new SyntaxError('there is no number under a column "entries"');
  return entries;
}

/** Undefined where the text has none. */
export function firstEntries(text: string): number | undefined {
  const [header = '', row = ''] = text.split('\n');
  const field = words(row)[words(header).indexOf('entries')] ?? '';
  return /^[0-9a-f]{1,8}$/i.test(field) ? Number.parseInt(field, 16) : undefined;
}

function parseRow(columns: readonly string[], fields: readonly string[], row: number): CpuRow {
  if (fields.length !== columns.length) {
    throw new SyntaxError(`row ${row} has ${fields.length} fields under ${columns.length} column names`);
  }
  const values = columns.map((column, i) => [column, parseHex32(fields[i]!, column, row)] as const);
  return new Map(values.filter(isCounter));
}

/** Not `entries`, which is the namespace's count on every row, nor a column that a later kernel has added. */
function isCounter(pair: readonly [string, number]): pair is readonly [CounterName, number] {
  return NAMES.has(pair[0]);
}

function parseHex32(field: string, column: string, row: number): number {
  const value = /^[0-9a-f]{1,16}$/i.test(field) ? Number.parseInt(field, 16) : Number.NaN;
  if (value <= U32_MAX) return value;
  throw new SyntaxError(
    `row ${row} has ${JSON.stringify(field.slice(0, 20))} under "${column}", expected a hex number`,
  );
}

function words(line: string): readonly string[] {
  return line.split(/\s+/).filter((word) => word !== '');
}

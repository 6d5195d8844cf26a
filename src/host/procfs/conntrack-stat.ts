import { OperatorError } from '../../model/operator-error.ts';
import { COUNTER_NAMES, type CounterName, type CpuRow } from '../../model/reading.ts';
import type { KeptBytes } from './proc-fs.ts';

export const CONNTRACK_STAT = 'net/stat/nf_conntrack';
const NAMES: ReadonlySet<string> = new Set(COUNTER_NAMES);
const U32_MAX = 0xffff_ffff;

/** Counters from procfs (CONFIG_NF_CONNTRACK_PROCFS), a row per possible CPU; undefined when the file is not there. */
export function readConntrackStat(file: KeptBytes, nowMs: number): readonly CpuRow[] | undefined {
  const bytes = file.read(nowMs);
  if (bytes === undefined) return undefined;
  try {
    return parseConntrackStat(bytes);
  } catch (cause) {
    throw new OperatorError(`Cannot parse "${file.path}": ${(cause as Error).message}`, {
      remedy: "Check that --path.procfs names the node's proc file system, or turn it off with --no-collector.counters",
      cause,
    });
  }
}

const LF = 0x0a;
const SPACE = 0x20;
/** Value of a hex digit by its byte, -1 for all others. */
const HEX = Int8Array.from({ length: 256 }, (_, byte) =>
  '0123456789abcdef'.indexOf(String.fromCharCode(byte).toLowerCase()),
);

/**
 * Fields are matched to the header, never to a position: Linux has renamed two columns in place
 * (searched became clashres, delete_list became chainlength). Columns that are no known counter are skipped.
 *
 * The rows are taken from the bytes, since a node may have 512 of them every second, which would be 9,000 strings.
 * @throws SyntaxError naming row and field
 */
export function parseConntrackStat(text: Buffer | string): readonly CpuRow[] {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
  const headerEnd = bytes.indexOf(LF);
  const header = bytes.toString('latin1', 0, headerEnd < 0 ? bytes.length : headerEnd);
  const columns = words(header);
  if (!columns.includes('entries')) throw new SyntaxError(`the header is ${JSON.stringify(header.slice(0, 80))}`);
  const rows: CpuRow[] = [];
  const end = endOf(bytes);
  for (let from = header.length + 1; from < end; ) {
    const lineEnd = bytes.indexOf(LF, from);
    const to = lineEnd < 0 ? end : lineEnd;
    rows.push(parseRow(columns, bytes, from, to, rows.length));
    from = to + 1;
  }
  if (rows.length === 0) throw new SyntaxError('there is a header and no row of any CPU');
  return rows;
}

/** ASCII white space, as of 0x09 to 0x0d. */
function isSpace(byte: number): boolean {
  return byte === SPACE || (byte >= 0x09 && byte <= 0x0d);
}

/** Without the white space that a file ends with. */
function endOf(bytes: Buffer): number {
  let end = bytes.length;
  while (end > 0 && isSpace(bytes[end - 1]!)) end -= 1;
  return end;
}

function parseRow(columns: readonly string[], bytes: Buffer, from: number, to: number, row: number): CpuRow {
  const values = new Map<CounterName, number>();
  let field = 0;
  for (let at = from; at < to; field += 1) {
    while (at < to && isSpace(bytes[at]!)) at += 1;
    const start = at;
    let value = 0;
    for (; at < to && !isSpace(bytes[at]!); at += 1) {
      const digit = HEX[bytes[at]!]!;
      value = digit < 0 ? Number.POSITIVE_INFINITY : value * 16 + digit;
    }
    if (start === at) break; // Spaces at the end of the line.
    const column = columns[field];
    if (column !== undefined && !(value <= U32_MAX)) throw notHex(bytes.toString('latin1', start, at), column, row);
    if (column !== undefined && isCounter(column)) values.set(column, value);
  }
  if (field === columns.length) return values;
  throw new SyntaxError(`row ${row} has ${field} fields under ${columns.length} column names`);
}

function notHex(field: string, column: string, row: number): SyntaxError {
  const seen = JSON.stringify(field.slice(0, 20));
  return new SyntaxError(`row ${row} has ${seen} under "${column}", expected a hex number`);
}

/** Not `entries`, which is the namespace's count on every row, nor a column that a later kernel has added. */
function isCounter(column: string): column is CounterName {
  return NAMES.has(column);
}

/** The count of the namespace, which every row repeats, so the beginning of the first is enough. @throws SyntaxError. */
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

function words(line: string): readonly string[] {
  return line.split(/[\t-\r ]+/).filter((word) => word !== '');
}

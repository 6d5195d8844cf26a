import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TableJudge } from '../../../src/analysis/table-judge.ts';
import { NodeReader } from '../../../src/host/node-reader.ts';
import { NUMBER_BYTES } from '../../../src/host/number-file.ts';
import { OperatorError } from '../../../src/model/operator-error.ts';
import type { Reading } from '../../../src/model/reading.ts';
import { MemoryTree } from '../../fleet/memory-tree.ts';
import { mutatedText, type Random } from '../random.ts';
import { hold, holdEqual, type Subject } from '../subject.ts';

const NODES = fileURLToPath(new URL('../../fixtures/nodes', import.meta.url));
const FOLDER = 'sys/net/netfilter/';
const STAT = 'net/stat/nf_conntrack';
const ROOT = '/fuzzed/proc';
const WORDS = [
  '-',
  '0x',
  '1e9',
  ' ',
  '\t',
  '\n',
  '\0',
  '4294967296',
  '9007199254740993',
  'ffffffff',
  '100000000',
  'entries',
  'drop',
  '.',
  '٣',
  '\u00a0',
];

const TREES = readdirSync(NODES).map((node) => filesUnder(join(NODES, node, 'proc')));

function filesUnder(root: string): ReadonlyMap<string, string> {
  const entries = readdirSync(root, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile());
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name));
  return new Map(paths.map((path) => [path.slice(root.length + 1), readFileSync(path, 'latin1')]));
}

/** One of the fixture nodes with one to three of its files changed or gone. */
function mutatedTree(random: Random): ReadonlyMap<string, string> {
  const files = new Map(random.pick(TREES));
  const paths = [...files.keys()].filter((path) => path.startsWith(FOLDER) || path === STAT);
  for (let changes = 1 + random.below(3); changes > 0 && paths.length > 0; changes -= 1) {
    const path = random.chance(0.4) && files.has(STAT) ? STAT : random.pick(paths);
    if (random.chance(0.05)) files.delete(path);
    else files.set(path, mutatedText(random, files.get(path) ?? '', WORDS));
  }
  return files;
}

/** What separates the words of a kernel file: an oracle that took other white space would find fault with what is refused rightly. */
const ASCII_SPACE = /[\t-\r ]+/;

/** What a sysctl says, by a rule of its own; undefined where it is no number that a double holds. */
function numberIn(text: string | undefined): number | undefined {
  const [word, ...others] = (text ?? '').split(ASCII_SPACE).filter((part) => part !== '');
  if (word === undefined || others.length > 0 || [...word].some((c) => c < '0' || c > '9')) return undefined;
  const value = BigInt(word);
  return value < 2n ** 53n ? Number(value) : undefined;
}

/** Cells of the stat file by CPU; undefined where any row is not as long as the header or any cell is no 32-bit number. */
function cellsIn(text: string | undefined): Map<string, number>[] | undefined {
  if (text === undefined) return undefined;
  const [header = [], ...rows] = text
    .replace(/[\t-\r ]+$/, '')
    .split('\n')
    .map((line) => line.split(ASCII_SPACE).filter(Boolean));
  if (!header.includes('entries') || rows.length === 0) return undefined;
  const cells = rows.map((row) => row.map((word) => (/^[0-9a-fA-F]+$/.test(word) ? BigInt(`0x${word}`) : -1n)));
  const isWhole = cells.every((row) => row.length === header.length && row.every((n) => n >= 0n && n < 2n ** 32n));
  // A column that is there twice counts as it stands last.
  return isWhole ? cells.map((row) => new Map(header.map((name, i) => [name, Number(row[i])]))) : undefined;
}

/** The count: its own file if there is one, else the beginning of the first row of the counters, under "entries". */
function entriesIn(files: ReadonlyMap<string, string>): number | undefined {
  const own = files.get(`${FOLDER}nf_conntrack_count`);
  const stat = files.get(STAT)?.slice(0, NUMBER_BYTES);
  if (own !== undefined || stat === undefined) return numberIn(own);
  const [names = [], cells = []] = stat.split('\n').map((line) => line.split(ASCII_SPACE).filter(Boolean));
  const cell = cells[names.indexOf('entries')] ?? '';
  return /^[0-9a-fA-F]{1,8}$/.test(cell) ? Number(`0x${cell}`) : undefined;
}

/** A limit or a number of buckets, which older kernels print as a signed number of 32 bits. */
function unsignedIn(text: string | undefined): number | undefined {
  const [, digits] = /^-(\d{1,10})[\t-\r ]*$/.exec(text ?? '') ?? [];
  const isSigned = digits !== undefined && Number(digits) > 0 && Number(digits) <= 2 ** 31;
  return isSigned ? 2 ** 32 - Number(digits) : numberIn(text);
}

function holdNumbers(reading: Reading, files: ReadonlyMap<string, string>): void {
  holdEqual(reading.entries, entriesIn(files), () => 'entries');
  for (const [key, name] of [
    ['limit', 'max'],
    ['buckets', 'buckets'],
  ] as const)
    holdEqual(reading[key], unsignedIn(files.get(`${FOLDER}nf_conntrack_${name}`)), () => key);
  for (const { protocol, state, seconds } of reading.timeouts) {
    const suffix = state === 'default' ? '' : `_${state}`;
    holdEqual(
      seconds,
      numberIn(files.get(`${FOLDER}nf_conntrack_${protocol}_timeout${suffix}`)),
      () => `${protocol} ${state}`,
    );
  }
  const cells = cellsIn(files.get(STAT));
  hold(
    (reading.counters === undefined) === (cells === undefined),
    () => `counters ${reading.counters && 'told'}: ${files.get(STAT)}`,
  );
  for (const [cpu, row] of (reading.counters ?? []).entries())
    for (const [name, value] of row) holdEqual(value, cells![cpu]!.get(name), () => `${name} of CPU ${cpu}`);
}

/** Each rejection names its file, and tells what to do. */
function holdProblems({ sources }: Reading): void {
  for (const { problem } of sources) {
    if (problem === undefined) continue;
    const isNamed =
      problem instanceof OperatorError && problem.message.includes(`"${ROOT}/`) && problem.remedy.length > 0;
    hold(isNamed, () => `a problem that names no file: ${problem.message}`);
    hold(problem.message.length < 500, () => `a problem of ${problem.message.length} characters`);
  }
}

export const PROCFS: Subject = {
  name: 'procfs',
  invariant: 'no number is told that the file does not hold, and every rejection names its file',
  run(random) {
    const files = mutatedTree(random);
    const proc = new MemoryTree({ root: ROOT, constant: files, computed: new Map(), spend: () => undefined });
    const reader = new NodeReader({ proc, clock: () => 0, timeouts: 'all', counters: { fallBack: true } });
    const reading = reader.read();
    holdNumbers(reading, files);
    holdProblems(reading);
    const judge = new TableJudge({ peakWindowMs: 60_000 });
    judge.addCounters(reading.counters, 0);
    judge.addSample(reading);
    const { usage, counters } = judge.statusAt(0);
    hold(usage === undefined || (usage >= 0 && usage <= Number.MAX_VALUE), () => `usage ${usage}`);
    for (const [name, total] of counters ?? [])
      hold(Number.isSafeInteger(total) && total >= 0, () => `${name} ${total}`);
  },
};

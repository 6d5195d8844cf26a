import { OperatorError } from '../../model/operator-error.ts';
import { isInTimeoutSet, type Timeout, type TimeoutSet, type Via } from '../../model/reading.ts';
import { entriesOf } from './conntrack-stat.ts';
import { type KeptBytes, ProcFs, type ProcTree } from './proc-fs.ts';

/** A kept file with one number in it. */
type NumberFile = {
  readonly file: KeptBytes;
  /** @throws SyntaxError. */
  readonly parse: (bytes: Buffer) => number;
};

/** The number of the table as it is now, wherever it stands; undefined when it is nowhere. @throws OperatorError naming the file. */
export function readTableNumber(file: TableFile, nowMs: number): number | undefined {
  return readNumber(file, nowMs) ?? (file.otherwise && readNumber(file.otherwise, nowMs));
}

/** The number as it is now; undefined when the file is not there. @throws OperatorError naming the file. */
export function readNumber({ file, parse }: NumberFile, nowMs: number): number | undefined {
  const bytes = file.read(nowMs);
  if (bytes === undefined) return undefined;
  try {
    return parse(bytes);
  } catch (cause) {
    throw new OperatorError(`Cannot parse "${file.path}": ${(cause as SyntaxError).message}`, {
      remedy:
        cause instanceof NegativeCountError
          ? "Update the node's kernel, or reboot the node"
          : "Check that --path.procfs names the node's proc file system",
      cause,
    });
  }
}

const SEEN_CHARACTERS = 40;

const LF = 0x0a;
const ZERO = 0x30;
/** So many digits are below 2^53. */
const EXACT_DIGITS = 15;

/**
 * The number a sysctl prints: decimal, not negative, at most 2^53 - 1. White space around it is fine. Digits and a newline, as
 * the kernel prints them, are taken from the bytes: that is done twenty times a second, and a string each time would be garbage.
 * @throws SyntaxError for anything else.
 */
export function parseSysctl(bytes: Buffer): number {
  const digits = bytes[bytes.length - 1] === LF ? bytes.length - 1 : bytes.length;
  if (digits === 0 || digits > EXACT_DIGITS) return parseDecimal(bytes.toString('latin1'));
  let value = 0;
  for (let at = 0; at < digits; at += 1) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return parseDecimal(bytes.toString('latin1'));
    value = value * 10 + digit;
  }
  return value;
}

/** The kernel has lost track of its own number of entries. */
class NegativeCountError extends SyntaxError {}

/** The number of entries. @throws SyntaxError, which for a negative number names the kernel. */
function parseCount(bytes: Buffer): number {
  const word = bytes.toString('latin1', 0, 1) === '-' ? bytes.toString('latin1').trim() : '';
  if (/^-\d+$/.test(word)) throw new NegativeCountError(`${describe(word)}: the kernel miscounts its entries`);
  return parseSysctl(bytes);
}

const U32 = 2 ** 32;

/**
 * An unsigned number of 32 bits that kernels before 8b6861390ffe print as a signed one: -1 is 4,294,967,295. @throws SyntaxError.
 */
export function parseUnsigned(bytes: Buffer): number {
  const word = bytes.toString('latin1', 0, 1) === '-' ? bytes.toString('latin1').trim() : '';
  const value = /^-\d{1,10}$/.test(word) ? Number(word) : 0;
  return value < 0 && value >= -U32 / 2 ? U32 + value : parseSysctl(bytes);
}

function parseDecimal(text: string): number {
  const word = text.trim();
  if (!/^\d+$/.test(word)) throw new SyntaxError(`${describe(word)}, expected a whole number of 0 or more`);
  const value = Number(word);
  if (!Number.isSafeInteger(value)) throw new SyntaxError(`${describe(word)}, which is beyond 2^53`);
  return value;
}

function describe(word: string): string {
  if (word === '') return 'it is empty';
  const seen = word.length > SEEN_CHARACTERS ? `${word.slice(0, SEEN_CHARACTERS)}...` : word;
  return `it says ${JSON.stringify(seen)}`;
}

type TableFile = NumberFile & {
  readonly via: Via;
  /** Where the number stands too, for kernels and namespaces without the first file. */
  readonly otherwise?: TableFile;
};

export type TableFiles = { readonly entries: TableFile; readonly limit: TableFile; readonly buckets: TableFile };

const FOLDER = 'sys/net/netfilter';
/** A sysctl prints one number, and the beginning of the counters' first row is enough. What is longer is no sysctl. */
export const NUMBER_BYTES = 256;

/**
 * Where a procfs tells of its table. Of the folder of one process (/proc/PID), whose `net` is that process's namespace, there is
 * no `sys`: the count then stands in the counters' file, and limit and buckets, one number for all namespaces of the kernel, are
 * as our own procfs has them.
 */
export function tableFilesOf(proc: ProcTree): TableFiles {
  const isProcess = isProcessFolder(proc);
  const shared = isProcess ? new ProcFs('/proc') : proc;
  const hidden = hiddenProblem(shared);
  const number = (name: string, parse: NumberFile['parse']): TableFile => {
    const file = hidden === undefined ? shared.keep(`${FOLDER}/${name}`, NUMBER_BYTES) : new HiddenFile(name, hidden);
    return { file, via: 'sysctl', parse };
  };
  return {
    entries: isProcess
      ? countInStat(proc)
      : { ...number('nf_conntrack_count', parseCount), otherwise: countInStat(proc) },
    limit: number('nf_conntrack_max', parseUnsigned),
    buckets: number('nf_conntrack_buckets', parseUnsigned),
  };
}

/** The first column of the counters' file is the count, in each row. It is there where /proc/sys/net is not: before 5.9 in another user namespace. */
function countInStat(proc: ProcTree): TableFile {
  return {
    file: proc.keep('net/stat/nf_conntrack', NUMBER_BYTES),
    via: 'procfs',
    parse: (bytes) => entriesOf(bytes.toString('latin1')),
  };
}

function isProcessFolder(proc: ProcTree): boolean {
  return proc.isKernel() && proc.list('task').length > 0;
}

/**
 * A procfs mounted with subset=pid, as systemd's ProcSubset=pid does it, has neither `sys` nor `net` (fs/proc/root.c, since 5.8):
 * whether a module is loaded does not show. Undefined where nothing is hidden.
 */
export function hiddenProblem(proc: ProcTree): OperatorError | undefined {
  if (!proc.isKernel() || isProcessFolder(proc) || proc.list('sys').length > 0) return undefined;
  return new OperatorError(`Cannot read the table: "${proc.root}" hides "sys" and "net"`, {
    remedy: 'Take ProcSubset=pid out of the systemd unit, or mount proc without subset=pid',
  });
}

/** Stands for a file that may be there and cannot be seen. */
class HiddenFile implements KeptBytes {
  readonly path: string;
  readonly #problem: OperatorError;

  constructor(path: string, problem: OperatorError) {
    this.path = path;
    this.#problem = problem;
  }

  read(): never {
    throw this.#problem;
  }

  close(): void {
    // There is no descriptor.
  }
}

/** Up to thirty files that change with a configuration, and their folder, to which loading a protocol's module adds some. */
const REREAD_MS = 30_000;
/** nf_conntrack_frag6_timeout fits the pattern but times the reassembly of fragments, not flows. */
const NOT_FLOWS: ReadonlySet<string> = new Set(['frag6']);

type TimeoutFile = { readonly protocol: string; readonly state: string; readonly file: KeptBytes };

/** The same value for as long as it was not read anew. */
type TimeoutsAnswer = { readonly timeouts: readonly Timeout[]; readonly problem?: Error };

/** The flow timeouts of a set that this kernel has, `nf_conntrack_<protocol>_timeout[_<state>]`, in seconds. */
export class Timeouts {
  readonly #proc: ProcTree;
  readonly #set: TimeoutSet;
  #files: readonly TimeoutFile[] = [];
  #last: { readonly answer: TimeoutsAnswer; readonly atMs: number } | undefined;

  constructor(proc: ProcTree, set: TimeoutSet) {
    this.#proc = proc;
    this.#set = set;
  }

  /**
   * A file that cannot be read is left out, and the first one's problem told; the others go on.
   * @param hasEntries whether the table shows: without it they are read anew, since the module may be gone and these with it
   */
  read(nowMs: number, hasEntries: boolean): TimeoutsAnswer {
    // While there are none the module is not loaded, and when it is that is to be seen.
    const isFresh = this.#last !== undefined && nowMs - this.#last.atMs < REREAD_MS;
    if (!isFresh || !hasEntries || this.#files.length === 0) {
      this.#last = { answer: this.#readAll(nowMs), atMs: nowMs };
    }
    return this.#last!.answer;
  }

  #readAll(nowMs: number): TimeoutsAnswer {
    this.#list();
    let problem: Error | undefined;
    const timeouts = this.#files.flatMap(({ protocol, state, file }) => {
      try {
        const seconds = readNumber({ file, parse: parseSysctl }, nowMs);
        return seconds === undefined ? [] : [{ protocol, state, seconds }];
      } catch (error) {
        problem ??= error as Error;
        return [];
      }
    });
    return problem === undefined ? { timeouts } : { timeouts, problem };
  }

  close(): void {
    for (const { file } of this.#files) file.close();
    this.#files = [];
  }

  #list(): void {
    const known = new Map(this.#files.map((entry) => [entry.file.path, entry]));
    const listed = this.#proc.list(FOLDER).flatMap((name) => {
      const label = timeoutLabels(name);
      return label === undefined || !isInTimeoutSet(this.#set, label)
        ? []
        : [{ ...label, file: this.#proc.keep(`${FOLDER}/${name}`, NUMBER_BYTES) }];
    });
    this.#files = listed.map((entry) => known.get(entry.file.path) ?? entry);
    const current = new Set(this.#files);
    for (const entry of known.values()) if (!current.has(entry)) entry.file.close();
  }
}

/** Protocol and state out of a file name; the state is "default" where the name has none. */
export function timeoutLabels(name: string): { protocol: string; state: string } | undefined {
  const match = /^nf_conntrack_([a-z0-9]+)_timeout(?:_([a-z0-9_]+))?$/.exec(name);
  if (match === null || NOT_FLOWS.has(match[1]!)) return undefined;
  return { protocol: match[1]!, state: match[2] ?? 'default' };
}

import { OperatorError } from '../model/operator-error.ts';
import type { Via } from '../model/reading.ts';
import { entriesOf } from './conntrack-stat.ts';
import { type KeptText, ProcFs, type ProcTree } from './proc-fs.ts';

/** A kept file with one number in it. */
export type NumberFile = {
  readonly file: KeptText;
  /** Throws SyntaxError. */
  readonly parse: (text: string) => number;
};

/** The number as it is now; undefined when the file is not there. Throws OperatorError naming the file. */
export function readNumber({ file, parse }: NumberFile, nowMs: number): number | undefined {
  const text = file.read(nowMs);
  if (text === undefined) return undefined;
  try {
    return parse(text);
  } catch (cause) {
    throw new OperatorError(`Cannot parse "${file.path}": ${(cause as SyntaxError).message}`, {
      remedy: "Check that --path.procfs names the node's proc file system",
      cause,
    });
  }
}

const SEEN_CHARACTERS = 40;

/**
 * The number a sysctl prints: decimal, not negative, at most 2^53 - 1. White space around it is fine.
 * Throws SyntaxError for anything else.
 */
export function parseSysctl(text: string): number {
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

type TableFile = NumberFile & { readonly via: Via };

export type TableFiles = { readonly entries: TableFile; readonly limit: TableFile; readonly buckets: TableFile };

const FOLDER = 'sys/net/netfilter';

/**
 * Where a procfs tells of its table. Of the folder of one process (/proc/PID), whose `net` is that process's namespace, there is
 * no `sys`: the count then stands in the counters' file, and limit and buckets, one number for all namespaces of the kernel, are
 * as our own procfs has them.
 */
export function tableFilesOf(proc: ProcTree): TableFiles {
  const isProcess = proc.isKernel() && proc.list('sys').length === 0;
  const shared = isProcess ? new ProcFs('/proc') : proc;
  return {
    entries: isProcess
      ? { file: proc.keep('net/stat/nf_conntrack'), via: 'procfs', parse: entriesOf }
      : sysctl(proc, 'nf_conntrack_count'),
    limit: sysctl(shared, 'nf_conntrack_max'),
    buckets: sysctl(shared, 'nf_conntrack_buckets'),
  };
}

function sysctl(proc: ProcTree, name: string): TableFile {
  return { file: proc.keep(`${FOLDER}/${name}`), via: 'sysctl', parse: parseSysctl };
}

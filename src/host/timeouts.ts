import type { Timeout } from '../model/reading.ts';
import { isInTimeoutSet, type TimeoutSet } from '../model/timeouts.ts';
import { NUMBER_BYTES, parseSysctl, readNumber } from './number-file.ts';
import type { KeptBytes, ProcTree } from './proc-fs.ts';

const FOLDER = 'sys/net/netfilter';
/** Up to thirty files that change with a configuration, and their folder, to which loading a protocol's module adds some. */
const REREAD_MS = 30_000;
/** nf_conntrack_frag6_timeout fits the pattern but times the reassembly of fragments, not flows. */
const NOT_FLOWS: ReadonlySet<string> = new Set(['frag6']);

type TimeoutFile = { readonly protocol: string; readonly state: string; readonly file: KeptBytes };

/** The same value for as long as it was not read anew. */
export type TimeoutsAnswer = { readonly timeouts: readonly Timeout[]; readonly problem?: Error };

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

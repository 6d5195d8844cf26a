import { OperatorError } from '../model/operator-error.ts';
import {
  type Reading,
  type SourceName,
  type SourceReport,
  secondsBetween,
  type TableSample,
  type TimeoutSet,
  type Via,
} from '../model/reading.ts';
import { type CounterSource, Counters } from './counters.ts';
import { CtnetlinkCounters } from './ctnetlink/counters.ts';
import { hasNetAdmin } from './procfs/node-facts.ts';
import type { ProcFs, ProcTree } from './procfs/proc-fs.ts';
import { readNumber, readTableNumber, type TableFiles, Timeouts, tableFilesOf } from './procfs/sysctl.ts';

type NodeReaderOptions = {
  readonly proc: ProcTree;
  /** Monotonic, milliseconds. */
  readonly clock: () => number;
  /** `common` where nothing is said. */
  readonly timeouts?: TimeoutSet;
  readonly counters?: { readonly ctnetlink?: CounterSource; readonly fallBack: boolean };
};

/** How old the limit of a sample may be. */
const LIMIT_MS = 1000;

/** Reads the node. Each source fails by itself: what cannot be read is undefined and reported, the rest goes on. */
export class NodeReader {
  readonly #clock: () => number;
  readonly #table: TableFiles;
  /** Undefined when none are wanted. */
  readonly #timeouts: Timeouts | undefined;
  readonly #counters: Counters | undefined;
  #limit: number | undefined;
  #limitAtMs = Number.NEGATIVE_INFINITY;

  constructor({ proc, clock, timeouts = 'common', counters }: NodeReaderOptions) {
    this.#clock = clock;
    this.#table = tableFilesOf(proc);
    this.#timeouts = timeouts === 'none' ? undefined : new Timeouts(proc, timeouts);
    this.#counters = counters === undefined ? undefined : new Counters({ proc, clock, ...counters });
  }

  /** The count now, and the limit as of the last second: it changes by hand. What is wrong with them, `read` tells. */
  sample(): TableSample {
    const atMs = this.#clock();
    const { entries, limit } = this.#table;
    if (atMs - this.#limitAtMs >= LIMIT_MS) this.#keepLimit(valueOrNothing(limit, atMs), atMs);
    return { atMs, entries: valueOrNothing(entries, atMs), limit: this.#limit };
  }

  /** Count and buckets, which a listing of the flows is held against; as cheap as a sample. */
  tableSize(): Pick<Reading, 'entries' | 'buckets'> {
    const atMs = this.#clock();
    const { entries, buckets } = this.#table;
    return { entries: valueOrNothing(entries, atMs), buckets: valueOrNothing(buckets, atMs) };
  }

  /**
   * Asks ctnetlink for what the next `read` tells of it; settles after a moment even without an answer. Undefined where
   * `read` needs nothing to be waited for.
   */
  refresh(): Promise<void> | undefined {
    return this.#counters?.refresh(valueOrNothing(this.#table.entries, this.#clock()) !== undefined);
  }

  /** All cheap sources. Never waits: counters by ctnetlink are those of the last `refresh`. */
  read(): Reading {
    const atMs = this.#clock();
    const sources: SourceReport[] = [];
    const [entries, limit, buckets] = (['entries', 'limit', 'buckets'] as const).map((source) =>
      this.#readTable(source, sources, atMs),
    );
    this.#keepLimit(limit, atMs);
    const hasEntries = entries !== undefined;
    const timeouts = this.#timeouts === undefined ? [] : this.#readTimeouts(this.#timeouts, sources, hasEntries);
    const counters = this.#counters?.read(hasEntries);
    sources.push(...(counters?.reports ?? []));
    return { atMs, entries, limit, buckets, timeouts, counters: counters?.rows, sources };
  }

  #keepLimit(limit: number | undefined, atMs: number): void {
    this.#limit = limit;
    this.#limitAtMs = atMs;
  }

  close(): void {
    for (const { file, otherwise } of Object.values(this.#table)) {
      file.close();
      otherwise?.file.close();
    }
    this.#timeouts?.close();
    this.#counters?.close();
  }

  /** A number that stands in another file is reported by that one. */
  #readTable(source: keyof TableFiles, sources: SourceReport[], atMs: number): number | undefined {
    const file = this.#table[source];
    const reports: SourceReport[] = [];
    for (const one of [file, file.otherwise]) {
      if (one === undefined) continue;
      const value = this.#ask(source, one.via, reports, () => readNumber(one, atMs));
      const report = reports.at(-1)!;
      if (value === undefined && report.problem === undefined) continue;
      sources.push(report);
      return value;
    }
    sources.push(reports[0]!);
    return undefined;
  }

  #ask<T>(source: SourceName, via: Via, sources: SourceReport[], read: () => T | undefined): T | undefined {
    const startMs = this.#clock();
    let value: T | undefined;
    let problem: Error | undefined;
    try {
      value = read();
    } catch (error) {
      problem = error as Error;
    }
    const durationSeconds = secondsBetween(startMs, this.#clock());
    sources.push({ source, via, up: value !== undefined, durationSeconds, ...(problem && { problem }) });
    return value;
  }

  /** Up when every file could be read and there was one. */
  #readTimeouts(reader: Timeouts, sources: SourceReport[], hasEntries: boolean): Reading['timeouts'] {
    let timeouts: Reading['timeouts'] = [];
    this.#ask('timeouts', 'sysctl', sources, () => {
      const answer = reader.read(this.#clock(), hasEntries);
      timeouts = answer.timeouts;
      if (answer.problem !== undefined) throw answer.problem;
      return timeouts.length === 0 ? undefined : timeouts;
    });
    return timeouts;
  }
}

function valueOrNothing(file: TableFiles[keyof TableFiles], nowMs: number): number | undefined {
  try {
    return readTableNumber(file, nowMs);
  } catch {
    return undefined;
  }
}

/** Where the counters are read, for all commands alike. */

/** Called when something cannot be used and the command goes on without it. */
export type Warn = (text: string, error: unknown) => void;

type CounterSettings = {
  readonly collectCounters: boolean;
  readonly countersVia: 'auto' | 'ctnetlink' | 'procfs';
};

/**
 * The counter options of NodeReader. A copied procfs is one node's, ctnetlink another's: the two are never mixed.
 * @throws OperatorError where ctnetlink was asked for and would be mixed
 */
export function countersOf(
  { collectCounters, countersVia }: CounterSettings,
  proc: ProcFs,
  warn: Warn,
): Pick<NodeReaderOptions, 'counters'> {
  if (!collectCounters) return {};
  if (countersVia === 'procfs') return { counters: { fallBack: true } };
  if (countersVia === 'ctnetlink' && !proc.isKernel()) {
    throw new OperatorError(`Cannot read counters by ctnetlink beside "${proc.root}": it is not the kernel's procfs`, {
      remedy: 'Leave out --path.procfs, or use --collector.counters.via=procfs',
    });
  }
  const mayAsk = countersVia === 'ctnetlink' || (proc.isKernel() && mayBeAdmin(warn));
  const ctnetlink: CounterSource | undefined = mayAsk ? new CtnetlinkCounters() : undefined;
  return { counters: { fallBack: countersVia === 'auto', ...(ctnetlink && { ctnetlink }) } };
}

/** Whether ctnetlink would answer this process; false, with a warning, where that is not known. */
export function mayBeAdmin(warn: Warn): boolean {
  try {
    return hasNetAdmin();
  } catch (error) {
    warn('counters come from procfs: whether ctnetlink may be asked is not known', error);
    return false;
  }
}

/** @throws OperatorError where there is no procfs at all */
export function expectProcfs(proc: ProcFs): void {
  if (proc.isThere()) return;
  throw new OperatorError(`Cannot read "${proc.root}": there is no such folder`, {
    remedy: "Point --path.procfs at the node's proc file system",
  });
}

import {
  type Reading,
  type SourceName,
  type SourceReport,
  secondsBetween,
  type TableSample,
  type Via,
} from '../model/reading.ts';
import type { TimeoutSet } from '../model/timeouts.ts';
import type { CounterSource } from './counters.ts';
import { Counters } from './counters.ts';
import { readNumber, readTableNumber, type TableFiles, tableFilesOf } from './number-file.ts';
import type { ProcTree } from './proc-fs.ts';
import { Timeouts } from './timeouts.ts';

export type NodeReaderOptions = {
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

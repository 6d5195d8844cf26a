import type { CounterSource } from './counters.ts';
import { Counters } from './counters.ts';
import type { KeptText, ProcTree } from './proc-tree.ts';
import { type Reading, type Sample, type SourceName, type SourceReport, secondsBetween } from './reading.ts';
import { readSysctl } from './sysctl.ts';
import { Timeouts } from './timeouts.ts';

const FOLDER = 'sys/net/netfilter';

export type NodeReaderOptions = {
  readonly proc: ProcTree;
  /** Monotonic, milliseconds. */
  readonly clock: () => number;
  readonly counters?: { readonly ctnetlink?: CounterSource; readonly fallBack: boolean };
};

/** Reads the node. Each source fails by itself: what cannot be read is undefined and reported, the rest goes on. */
export class NodeReader {
  readonly #clock: () => number;
  readonly #entries: KeptText;
  readonly #limit: KeptText;
  readonly #buckets: KeptText;
  readonly #timeouts: Timeouts;
  readonly #counters: Counters | undefined;

  constructor({ proc, clock, counters }: NodeReaderOptions) {
    this.#clock = clock;
    this.#entries = proc.keep(`${FOLDER}/nf_conntrack_count`);
    this.#limit = proc.keep(`${FOLDER}/nf_conntrack_max`);
    this.#buckets = proc.keep(`${FOLDER}/nf_conntrack_buckets`);
    this.#timeouts = new Timeouts(proc);
    this.#counters = counters === undefined ? undefined : new Counters({ proc, clock, ...counters });
  }

  /** Count and limit, read one after the other so that a ratio is of one moment. What is wrong with them, `read` tells. */
  sample(): Sample {
    const atMs = this.#clock();
    return { atMs, entries: valueOrNothing(this.#entries, atMs), limit: valueOrNothing(this.#limit, atMs) };
  }

  /** All cheap sources. */
  read(): Reading {
    const atMs = this.#clock();
    const sources: SourceReport[] = [];
    const entries = this.#ask('entries', sources, () => readSysctl(this.#entries, atMs));
    const limit = this.#ask('limit', sources, () => readSysctl(this.#limit, atMs));
    const buckets = this.#ask('buckets', sources, () => readSysctl(this.#buckets, atMs));
    const timeouts = this.#readTimeouts(sources);
    const counters = this.#counters?.read(entries !== undefined);
    sources.push(...(counters?.reports ?? []));
    return { atMs, entries, limit, buckets, timeouts, counters: counters?.rows, sources };
  }

  close(): void {
    for (const file of [this.#entries, this.#limit, this.#buckets]) file.close();
    this.#timeouts.close();
    this.#counters?.close();
  }

  #ask<T>(source: SourceName, sources: SourceReport[], read: () => T | undefined): T | undefined {
    const startMs = this.#clock();
    let value: T | undefined;
    let problem: Error | undefined;
    try {
      value = read();
    } catch (error) {
      problem = error as Error;
    }
    const durationSeconds = secondsBetween(startMs, this.#clock());
    sources.push({ source, via: 'sysctl', up: value !== undefined, durationSeconds, ...(problem && { problem }) });
    return value;
  }

  /** Up when every file could be read and there was one. */
  #readTimeouts(sources: SourceReport[]): Reading['timeouts'] {
    let timeouts: Reading['timeouts'] = [];
    this.#ask('timeouts', sources, () => {
      const answer = this.#timeouts.read(this.#clock());
      timeouts = answer.timeouts;
      if (answer.problem !== undefined) throw answer.problem;
      return timeouts.length === 0 ? undefined : timeouts;
    });
    return timeouts;
  }
}

function valueOrNothing(file: KeptText, nowMs: number): number | undefined {
  try {
    return readSysctl(file, nowMs);
  } catch {
    return undefined;
  }
}

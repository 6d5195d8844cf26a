import type { CounterSource } from './counters.ts';
import { Counters } from './counters.ts';
import type { KeptFile } from './kept-file.ts';
import type { ProcFs } from './proc-fs.ts';
import { type Reading, type Sample, type SourceName, type SourceReport, secondsBetween } from './reading.ts';
import { readSysctl } from './sysctl.ts';
import { Timeouts } from './timeouts.ts';

const FOLDER = 'sys/net/netfilter';

export type NodeReaderOptions = {
  readonly proc: ProcFs;
  /** Monotonic, milliseconds. */
  readonly clock: () => number;
  readonly counters?: { readonly ctnetlink?: CounterSource; readonly fallBack: boolean };
};

/** Reads the node. Each source fails by itself: what cannot be read is undefined and reported, the rest goes on. */
export class NodeReader {
  readonly #clock: () => number;
  readonly #entries: KeptFile;
  readonly #limit: KeptFile;
  readonly #buckets: KeptFile;
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

  /** Count and limit, read one after the other so that a ratio is of one moment. */
  sample(): Sample {
    const sources: SourceReport[] = [];
    const atMs = this.#clock();
    const entries = this.#sysctl('entries', this.#entries, sources);
    const limit = this.#sysctl('limit', this.#limit, sources);
    return { atMs, entries, limit, sources };
  }

  /** All cheap sources. */
  read(): Reading {
    const sample = this.sample();
    const sources = [...sample.sources];
    const buckets = this.#sysctl('buckets', this.#buckets, sources);
    const timeouts = this.#readTimeouts(sources);
    const counters = this.#counters?.read(sample.entries !== undefined);
    return {
      ...sample,
      buckets,
      timeouts,
      counters: counters?.rows,
      sources: [...sources, ...(counters?.reports ?? [])],
    };
  }

  close(): void {
    for (const file of [this.#entries, this.#limit, this.#buckets]) file.close();
    this.#timeouts.close();
    this.#counters?.close();
  }

  #sysctl(source: SourceName, file: KeptFile, sources: SourceReport[]): number | undefined {
    const startMs = this.#clock();
    let value: number | undefined;
    let problem: Error | undefined;
    try {
      value = readSysctl(file, startMs);
    } catch (error) {
      problem = error as Error;
    }
    sources.push(this.#report(source, startMs, value !== undefined, problem));
    return value;
  }

  #readTimeouts(sources: SourceReport[]): Reading['timeouts'] {
    const startMs = this.#clock();
    let timeouts: Reading['timeouts'] = [];
    let problem: Error | undefined;
    try {
      timeouts = this.#timeouts.read(startMs, (error) => {
        problem ??= error;
      });
    } catch (error) {
      problem = error as Error;
    }
    sources.push(this.#report('timeouts', startMs, timeouts.length > 0 && problem === undefined, problem));
    return timeouts;
  }

  #report(source: SourceName, startMs: number, up: boolean, problem: Error | undefined): SourceReport {
    const durationSeconds = secondsBetween(startMs, this.#clock());
    return { source, via: 'sysctl', up, durationSeconds, ...(problem && { problem }) };
  }
}

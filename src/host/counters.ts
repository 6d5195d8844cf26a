import { type CpuRow, type SourceReport, secondsBetween, type Via } from '../model/reading.ts';
import { CONNTRACK_STAT, readConntrackStat } from './conntrack-stat.ts';
import { isAtLeast, readKernelRelease } from './node-facts.ts';
import type { KeptBytes, ProcTree } from './proc-fs.ts';

export type CountersVia = 'auto' | 'ctnetlink' | 'procfs';
export type CounterAnswer = { readonly rows: readonly CpuRow[] | undefined; readonly reports: readonly SourceReport[] };

/** Anything that answers with a row per CPU: the ctnetlink client. */
export type CounterSource = { read(): readonly CpuRow[]; close(): void };

/** A refusal lasts (a capability does not come back by itself), so a broken ctnetlink is asked once a minute. */
const RETRY_MS = 60_000;

/**
 * Counters of the table, from ctnetlink where it may be asked, else from procfs. ctnetlink is the answer of the running
 * kernel and is therefore never mixed with a copied procfs; nor is it asked before the module is loaded, since the
 * question alone would load it (nfnetlink_rcv_msg calls request_module).
 */
export class Counters {
  readonly #file: KeptBytes;
  readonly #ctnetlink: CounterSource | undefined;
  readonly #fallBack: boolean;
  readonly #foundIsCollisions: boolean;
  readonly #clock: () => number;
  #refusal: { readonly report: SourceReport; readonly atMs: number } | undefined;

  /** @param ctnetlink undefined where it must not be asked; @param fallBack whether procfs is asked when it fails. */
  constructor(options: { proc: ProcTree; ctnetlink?: CounterSource; fallBack: boolean; clock: () => number }) {
    this.#file = options.proc.keep(CONNTRACK_STAT);
    this.#ctnetlink = options.ctnetlink;
    this.#fallBack = options.fallBack;
    this.#clock = options.clock;
    // net/netfilter/nf_nat_core.c is the only user of "found" since 4.9; before, it counted lookups.
    this.#foundIsCollisions = isAtLeast(readKernelRelease(options.proc), 4, 9);
  }

  read(moduleIsLoaded: boolean): CounterAnswer {
    const asked = this.#ctnetlink === undefined ? undefined : this.#askCtnetlink(this.#ctnetlink, moduleIsLoaded);
    if (asked !== undefined && (asked.rows !== undefined || !this.#fallBack)) return asked;
    const other = this.#ask('procfs', () => readConntrackStat(this.#file, this.#clock()));
    return { rows: other.rows, reports: [...(asked?.reports ?? []), ...other.reports] };
  }

  close(): void {
    this.#ctnetlink?.close();
    this.#file.close();
  }

  #askCtnetlink(ctnetlink: CounterSource, moduleIsLoaded: boolean): CounterAnswer {
    if (!moduleIsLoaded) return this.#ask('ctnetlink', () => undefined);
    if (this.#refusal !== undefined && this.#clock() - this.#refusal.atMs < RETRY_MS) {
      return { rows: undefined, reports: [this.#refusal.report] };
    }
    const answer = this.#ask('ctnetlink', () => ctnetlink.read());
    const report = answer.reports[0]!;
    this.#refusal = report.up ? undefined : { report, atMs: this.#clock() };
    return answer;
  }

  #ask(via: Via, read: () => readonly CpuRow[] | undefined): CounterAnswer {
    const startMs = this.#clock();
    const done = (rows: readonly CpuRow[] | undefined, problem?: Error): CounterAnswer => {
      const timing = { source: 'counters', via, durationSeconds: secondsBetween(startMs, this.#clock()) } as const;
      return { rows, reports: [{ ...timing, up: rows !== undefined, ...(problem && { problem }) }] };
    };
    try {
      return done(read()?.map((row) => this.#valid(row)));
    } catch (problem) {
      return done(undefined, problem as Error);
    }
  }

  /** Without the columns that mean something else on this kernel. */
  #valid(row: CpuRow): CpuRow {
    return this.#foundIsCollisions ? row : new Map([...row].filter(([column]) => column !== 'found'));
  }
}

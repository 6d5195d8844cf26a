import { OperatorError } from '../model/operator-error.ts';
import { type CpuRow, type SourceReport, secondsBetween, type Via } from '../model/reading.ts';
import { OR_PROCFS } from './ctnetlink/errors.ts';
import { CONNTRACK_STAT, readConntrackStat } from './procfs/conntrack-stat.ts';
import { isAtLeast, readKernelRelease } from './procfs/node-facts.ts';
import type { KeptBytes, ProcTree } from './procfs/proc-fs.ts';

export type CounterAnswer = { readonly rows: readonly CpuRow[] | undefined; readonly reports: readonly SourceReport[] };

/** Anything that answers with a row per CPU, in its own time: the ctnetlink client. Asked one question at a time. */
export type CounterSource = { read(): Promise<readonly CpuRow[]>; close(): void };

/** A refusal lasts (a capability does not come back by itself), so a broken ctnetlink is asked once a minute. */
const RETRY_MS = 60_000;
/** How long a reading waits for an answer. It takes a millisecond unless somebody holds the kernel's lock. */
const WAIT_MS = 250;
/** A question that is open for longer makes the answer before it too old to stand for now. */
const LATE_MS = 3000;

/** The last answer to a question that was asked at `askedMs`. */
type Answered = CounterAnswer & { readonly askedMs: number };

/**
 * Counters of the table, from ctnetlink where it may be asked, else from procfs. ctnetlink is the answer of the running
 * kernel and is therefore never mixed with a copied procfs; nor is it asked before the module is loaded, since the
 * question alone would load it (nfnetlink_rcv_msg calls request_module).
 *
 * ctnetlink is asked by `refresh` and answers when the kernel's lock is free; `read` takes the answer there is and never
 * waits, since the sampler runs in the same thread.
 */
export class Counters {
  readonly #file: KeptBytes;
  readonly #ctnetlink: CounterSource | undefined;
  readonly #fallBack: boolean;
  readonly #foundIsCollisions: boolean;
  readonly #clock: () => number;
  #answered: Answered | undefined;
  #question: { readonly askedMs: number; readonly settled: Promise<void> } | undefined;

  /** @param ctnetlink undefined where it must not be asked; @param fallBack whether procfs is asked when it fails. */
  constructor(options: { proc: ProcTree; ctnetlink?: CounterSource; fallBack: boolean; clock: () => number }) {
    this.#file = options.proc.keep(CONNTRACK_STAT);
    this.#ctnetlink = options.ctnetlink;
    this.#fallBack = options.fallBack;
    this.#clock = options.clock;
    // net/netfilter/nf_nat_core.c is the only user of "found" since 4.9; before, it counted lookups.
    this.#foundIsCollisions = isAtLeast(readKernelRelease(options.proc), 4, 9);
  }

  /** Asks ctnetlink; settles with the answer, or without it after a moment. Undefined where there is nothing to wait for. */
  refresh(moduleIsLoaded: boolean): Promise<void> | undefined {
    if (this.#ctnetlink === undefined || !moduleIsLoaded || this.#hasRefused()) return undefined;
    this.#question ??= { askedMs: this.#clock(), settled: this.#askCtnetlink(this.#ctnetlink) };
    return atMost(WAIT_MS, this.#question.settled);
  }

  read(moduleIsLoaded: boolean): CounterAnswer {
    const asked = this.#ctnetlink === undefined ? undefined : this.#answerOfCtnetlink(moduleIsLoaded);
    if (asked !== undefined && (asked.rows !== undefined || !this.#fallBack)) return asked;
    const other = this.#readProcfs();
    return { rows: other.rows, reports: [...(asked?.reports ?? []), ...other.reports] };
  }

  close(): void {
    this.#ctnetlink?.close();
    this.#file.close();
  }

  #hasRefused(): boolean {
    const { rows, askedMs } = this.#answered ?? {};
    return askedMs !== undefined && rows === undefined && this.#clock() - askedMs < RETRY_MS;
  }

  /** Never rejects: what is wrong is in the answer. */
  async #askCtnetlink(ctnetlink: CounterSource): Promise<void> {
    const askedMs = this.#clock();
    const answer = await ctnetlink.read().then(
      (rows) => this.#answer('ctnetlink', askedMs, rows),
      (problem: Error) => this.#answer('ctnetlink', askedMs, undefined, problem),
    );
    this.#answered = { ...answer, askedMs };
    this.#question = undefined;
  }

  #answerOfCtnetlink(moduleIsLoaded: boolean): CounterAnswer {
    const nowMs = this.#clock();
    if (!moduleIsLoaded) {
      this.#answered = undefined; // What it was before is gone with the module.
      return this.#answer('ctnetlink', nowMs, undefined);
    }
    const isLate = this.#question !== undefined && nowMs - this.#question.askedMs > LATE_MS;
    if (isLate) return this.#answer('ctnetlink', this.#question!.askedMs, undefined, noAnswer());
    return this.#answered ?? this.#answer('ctnetlink', nowMs, undefined);
  }

  #readProcfs(): CounterAnswer {
    const startMs = this.#clock();
    try {
      return this.#answer('procfs', startMs, readConntrackStat(this.#file, startMs));
    } catch (problem) {
      return this.#answer('procfs', startMs, undefined, problem as Error);
    }
  }

  #answer(via: Via, startMs: number, rows: readonly CpuRow[] | undefined, problem?: Error): CounterAnswer {
    const timing = { source: 'counters', via, durationSeconds: secondsBetween(startMs, this.#clock()) } as const;
    const report = { ...timing, up: rows !== undefined, ...(problem && { problem }) };
    return { rows: rows?.map((row) => this.#valid(row)), reports: [report] };
  }

  /** Without the columns that mean something else on this kernel. */
  #valid(row: CpuRow): CpuRow {
    return this.#foundIsCollisions ? row : new Map([...row].filter(([column]) => column !== 'found'));
  }
}

function noAnswer(): OperatorError {
  return new OperatorError(`Cannot hear from "ctnetlink": no answer within ${LATE_MS / 1000} s`, {
    remedy: `See what holds the kernel's lock, such as conntrack -F of a large table, ${OR_PROCFS}`,
  });
}

function atMost(ms: number, settled: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    void settled.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

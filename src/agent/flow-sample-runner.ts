import { CensusGate, type NodeStrain, type SkipReason } from '../analysis/flow-sample/gate.ts';
import type { Taker } from '../host/flow-sampler.ts';
import type { Log } from '../model/log.ts';
import { describeError } from '../model/operator-error.ts';
import type { TakenCensus } from '../model/taken-flow-sample.ts';

export type CensusRunnerParts = {
  readonly taker: Taker;
  readonly strain: () => Promise<NodeStrain>;
  readonly log: Log;
};

/**
 * Takes censuses as it is told to, and keeps the last. One that is turned away or fails leaves the one before it in place,
 * which grows old. A trouble is told once, and once that it is over.
 */
export class CensusRunner {
  readonly #parts: CensusRunnerParts;
  readonly #gate = new CensusGate();
  readonly #stopping = new AbortController();
  #last: TakenCensus | undefined;
  #problem: Error | undefined;
  #failures = 0;

  constructor(parts: CensusRunnerParts) {
    this.#parts = parts;
  }

  /** Undefined before the first that succeeded. */
  get last(): TakenCensus | undefined {
    return this.#last;
  }

  /** What was wrong with the latest; undefined when nothing was, and before the first. */
  get problem(): Error | undefined {
    return this.#problem;
  }

  get failures(): number {
    return this.#failures;
  }

  get skipped(): ReadonlyMap<SkipReason, number> {
    return this.#gate.skipped;
  }

  /** Takes one if it may. Never rejects. */
  async run(): Promise<void> {
    const { log, strain } = this.#parts;
    const seen = await strain();
    if (this.#stopping.signal.aborted) return;
    const reason = this.#gate.enter(seen);
    if (reason !== undefined) return log.debug({ ...seen, reason }, `flow census skipped: ${reason}`);
    try {
      await this.#take();
    } finally {
      this.#gate.leave();
    }
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #take(): Promise<void> {
    const { taker, log } = this.#parts;
    const { signal } = this.#stopping;
    try {
      this.#last = await taker.take(signal);
      if (this.#problem !== undefined) log.info({}, 'the flow census works again');
      this.#problem = undefined;
    } catch (problem) {
      if (signal.aborted) return;
      const error = problem instanceof Error ? problem : new Error(String(problem));
      this.#failures += 1;
      if (error.message !== this.#problem?.message) {
        log.error({ error }, `the flow census failed, and all else goes on: ${describeError(error).message}`);
      }
      this.#problem = error;
    }
  }
}

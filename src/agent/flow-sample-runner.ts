import { type NodeLoad, type SkipReason, SkipReasons } from '../analysis/flow-sample/skip-reasons.ts';
import type { FlowSampleTaker } from '../host/flow-sampler.ts';
import type { TakenFlowSample } from '../model/flow-sample.ts';
import type { Log } from '../model/log.ts';
import { describeError } from '../model/operator-error.ts';

export type FlowSampleRunnerParts = {
  readonly sampler: FlowSampleTaker;
  readonly strain: () => Promise<NodeLoad>;
  readonly log: Log;
};

/**
 * Takes flow samples as it is told to, and keeps the last. One that is turned away or fails leaves the one before it in place,
 * which grows old. A trouble is told once, and once that it is over.
 */
export class FlowSampleRunner {
  readonly #parts: FlowSampleRunnerParts;
  readonly #gate = new SkipReasons();
  readonly #stopping = new AbortController();
  #last: TakenFlowSample | undefined;
  #problem: Error | undefined;
  #failures = 0;

  constructor(parts: FlowSampleRunnerParts) {
    this.#parts = parts;
  }

  /** Undefined before the first that succeeded. */
  get last(): TakenFlowSample | undefined {
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
    const reason = this.#gate.begin(seen);
    if (reason !== undefined) return log.debug({ ...seen, reason }, `flow flow sample skipped: ${reason}`);
    try {
      await this.#take();
    } finally {
      this.#gate.end();
    }
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #take(): Promise<void> {
    const { sampler, log } = this.#parts;
    const { signal } = this.#stopping;
    try {
      this.#last = await sampler.take(signal);
      if (this.#problem !== undefined) log.info({}, 'the flow flow sample works again');
      this.#problem = undefined;
    } catch (problem) {
      if (signal.aborted) return;
      const error = problem instanceof Error ? problem : new Error(String(problem));
      this.#failures += 1;
      if (error.message !== this.#problem?.message) {
        log.error({ error }, `the flow flow sample failed, and all else goes on: ${describeError(error).message}`);
      }
      this.#problem = error;
    }
  }
}

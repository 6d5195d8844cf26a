import { setTimeout as sleep } from 'node:timers/promises';
import { type NodeLoad, type SkipReason, SkipReasons } from '../analysis/flow-sample/skip-reasons.ts';
import type { FlowSampleTaker } from '../host/flow-sampler.ts';
import { readMemory } from '../host/node-facts.ts';
import type { TakenFlowSample } from '../model/flow-sample.ts';
import type { Log } from '../model/log.ts';
import { describeError } from '../model/operator-error.ts';

export type FlowSampleRunnerParts = {
  readonly sampler: FlowSampleTaker;
  readonly strain: () => Promise<NodeLoad>;
  readonly log: Log;
};

/**
 * Takes flow samples on demand, and keeps the last. One that is skipped or fails leaves the one before it in place,
 * which grows old. A problem is logged once, and once when it is over.
 */
export class FlowSampleRunner {
  readonly #parts: FlowSampleRunnerParts;
  readonly #skipReasons = new SkipReasons();
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
    return this.#skipReasons.skipped;
  }

  /** Takes one if it may. Never rejects. */
  async run(): Promise<void> {
    const { log, strain } = this.#parts;
    const seen = await strain();
    if (this.#stopping.signal.aborted) return;
    const reason = this.#skipReasons.begin(seen);
    if (reason !== undefined) return log.debug({ ...seen, reason }, `flow sample skipped: ${reason}`);
    try {
      await this.#take();
    } finally {
      this.#skipReasons.end();
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
      if (this.#problem !== undefined) log.info({}, 'the flow sample works again');
      this.#problem = undefined;
    } catch (problem) {
      if (signal.aborted) return;
      const error = problem instanceof Error ? problem : new Error(String(problem));
      this.#failures += 1;
      if (error.message !== this.#problem?.message) {
        log.error({ error }, `the flow sample failed, and all else goes on: ${describeError(error).message}`);
      }
      this.#problem = error;
    }
  }
}

const PROBE_MS = 10;

/** How strained this node is at the moment: how late a timer comes, and what memory is left. */
export async function loadOf(clock: () => number, log: Log): Promise<NodeLoad> {
  const dueMs = clock() + PROBE_MS;
  await sleep(PROBE_MS);
  const loopLagMs = Math.max(0, clock() - dueMs);
  return { loopLagMs, memoryAvailable: await memoryAvailable(log) };
}

async function memoryAvailable(log: Log): Promise<number | undefined> {
  try {
    const { availableBytes, totalBytes } = await readMemory();
    return availableBytes / totalBytes;
  } catch (error) {
    log.debug({ error }, `the flow sample goes on without a look at the memory: ${describeError(error).message}`);
    return undefined;
  }
}

/** Why a flow sample was not taken. */
export type SkipReason = 'running' | 'late' | 'memory';

export type NodeLoad = {
  /** How late the event loop is. */
  readonly loopLagMs: number;
  /** MemAvailable / MemTotal of the node; undefined when it cannot be read. */
  readonly memoryAvailable: number | undefined;
};

/** A flow sample keeps the event loop busy for a few milliseconds at a time; when the loop is this late, sampling the table goes first. */
const LATE_MS = 200;
/** Below this the kernel reclaims memory with effort, and a dump makes it allocate more. */
const MEMORY_SHORT = 0.03;

/** Decides whether a flow sample may begin: one at a time, and none while the node is short of CPU or memory. Counts those skipped. */
export class SkipReasons {
  readonly #skipped = new Map<SkipReason, number>([
    ['running', 0],
    ['late', 0],
    ['memory', 0],
  ]);
  #isRunning = false;

  /** Undefined when the flow sample may begin; the caller then has to call `end`, whatever becomes of it. */
  begin(load: NodeLoad): SkipReason | undefined {
    const reason = this.#reasonAgainst(load);
    if (reason === undefined) this.#isRunning = true;
    else this.#skipped.set(reason, this.#skipped.get(reason)! + 1);
    return reason;
  }

  end(): void {
    this.#isRunning = false;
  }

  /** Flow samples skipped since the start; holds every reason, with 0 where there were none. */
  get skipped(): ReadonlyMap<SkipReason, number> {
    return this.#skipped;
  }

  #reasonAgainst({ loopLagMs, memoryAvailable }: NodeLoad): SkipReason | undefined {
    if (this.#isRunning) return 'running';
    if (loopLagMs >= LATE_MS) return 'late';
    return memoryAvailable !== undefined && memoryAvailable < MEMORY_SHORT ? 'memory' : undefined;
  }
}

/** Why a flow sample was not taken. */
export type SkipReason = 'running' | 'late' | 'memory';

export type NodeStrain = {
  /** How late the event loop is. */
  readonly loopLagMs: number;
  /** MemAvailable / MemTotal of the node; undefined when it cannot be read. */
  readonly memoryAvailable: number | undefined;
};

/** A flow sample takes a few milliseconds of the loop at a time; one that is this late is starved, and samples come first. */
const LATE_MS = 200;
/** The kernel reclaims hard below this, and a dump makes it allocate. */
const MEMORY_SHORT = 0.03;

/** Lets one flow sample at a time through, and none while the node is under strain. Counts those it turned away. */
export class FlowSampleGate {
  readonly #skipped = new Map<SkipReason, number>([
    ['running', 0],
    ['late', 0],
    ['memory', 0],
  ]);
  #isRunning = false;

  /** Undefined when the flow sample may begin; then `leave` has to follow, however it ends. */
  enter(strain: NodeStrain): SkipReason | undefined {
    const reason = this.#reasonAgainst(strain);
    if (reason === undefined) this.#isRunning = true;
    else this.#skipped.set(reason, this.#skipped.get(reason)! + 1);
    return reason;
  }

  leave(): void {
    this.#isRunning = false;
  }

  /** flow samples turned away so far, every reason among them. */
  get skipped(): ReadonlyMap<SkipReason, number> {
    return this.#skipped;
  }

  #reasonAgainst({ loopLagMs, memoryAvailable }: NodeStrain): SkipReason | undefined {
    if (this.#isRunning) return 'running';
    if (loopLagMs >= LATE_MS) return 'late';
    return memoryAvailable !== undefined && memoryAvailable < MEMORY_SHORT ? 'memory' : undefined;
  }
}

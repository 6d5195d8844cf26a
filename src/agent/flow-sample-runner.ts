import { setTimeout as sleep } from 'node:timers/promises';
import { flowCounting } from '../analysis/flows/flow-counter.ts';
import type { TableFacts } from '../analysis/table/table-judge.ts';
import type { Config } from '../config/options.ts';
import { FlowSampler, type FlowSampleTaker } from '../host/ctnetlink/flow-sampler.ts';
import { readMemory, readReusesTimeWait } from '../host/procfs/node-facts.ts';
import type { ProcFs } from '../host/procfs/proc-fs.ts';
import type { Publication } from '../metrics/family.ts';
import type { TakenFlowSample } from '../model/flows.ts';
import type { Log } from '../model/log.ts';
import { describeError } from '../model/operator-error.ts';
import type { StatusJson } from '../model/status-json.ts';
import { ProblemLog } from '../system/problem-log.ts';
import type { ProcessContext } from './context.ts';
import { flowSampleSource, protocolsWithoutPortsOf, snatPortsOf, topFlowsOf } from './flow-sample-view.ts';
import type { Subsystem } from './subsystem.ts';

type FlowSampleRunnerParts = {
  readonly sampler: FlowSampleTaker & { close?(): void };
  /** When to take one, as node-cron reads it. */
  readonly pattern: string;
  readonly strain: () => Promise<NodeLoad>;
  readonly log: Log;
  /** Monotonic, milliseconds. */
  readonly clock: () => number;
};

/** Takes flow samples by a schedule and keeps the last. One that is skipped or fails leaves the one before it in place, which ages. */
export class FlowSampleRunner implements Subsystem {
  readonly #parts: FlowSampleRunnerParts;
  readonly #skipReasons = new SkipReasons();
  readonly #stopping = new AbortController();
  readonly #problems: ProblemLog;
  #schedule: Schedule | undefined;
  #last: TakenFlowSample | undefined;
  #failures = 0;

  constructor(parts: FlowSampleRunnerParts) {
    this.#parts = parts;
    this.#problems = new ProblemLog(parts.log, 'error');
  }

  /** Undefined before the first that succeeded. */
  get last(): TakenFlowSample | undefined {
    return this.#last;
  }

  /** What was wrong with the latest; undefined when nothing was, and before the first. */
  get problem(): Error | undefined {
    return this.#problems.problem;
  }

  get failures(): number {
    return this.#failures;
  }

  get skipped(): ReadonlyMap<SkipReason, number> {
    return this.#skipReasons.skipped;
  }

  /** Takes the first flow sample at once, the others when it is time. */
  async start(): Promise<void> {
    void this.run();
    this.#schedule = await schedule(this.#parts.pattern, () => this.run(), this.#parts.log);
  }

  stop(): void {
    this.#schedule?.stop();
    this.#stopping.abort();
    this.#parts.sampler.close?.();
  }

  facts(): Partial<TableFacts> {
    return { snatPorts: snatPortsOf(this), protocolsWithoutPorts: protocolsWithoutPortsOf(this) };
  }

  publication(): Partial<Publication> {
    return { flowSample: flowSampleSource(this, this.#parts.clock()) };
  }

  statusJson(): Partial<StatusJson> {
    return { flowSample: topFlowsOf(this, this.#parts.clock()) };
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

  async #take(): Promise<void> {
    const { signal } = this.#stopping;
    try {
      this.#last = await this.#parts.sampler.take(signal);
      this.#problems.succeeded('the flow sample works again');
    } catch (problem) {
      if (signal.aborted) return;
      this.#failures += 1;
      this.#problems.failed(problem, 'the flow sample failed, and all else goes on');
    }
  }
}

/** @throws OperatorError beside a copied procfs */
export function createFlowSample(
  config: Config,
  proc: ProcFs,
  { clock, log }: Pick<ProcessContext, 'clock' | 'log'>,
): FlowSampleRunner {
  const reusesTimeWait = readReusesTimeWait(proc);
  const counting = (seed: number) => flowCounting({ top: config.flowsTop, seed, reusesTimeWait });
  const sampler = new FlowSampler({ proc, clock, sampleSize: config.sampleSize, counting });
  return new FlowSampleRunner({ sampler, pattern: config.flowsSchedule, strain: () => loadOf(clock, log), log, clock });
}

const PROBE_MS = 10;

/** How strained this node is at the moment: how late a timer comes, and what memory is left. */
async function loadOf(clock: () => number, log: Log): Promise<NodeLoad> {
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

export type Schedule = { stop(): void };

/**
 * Runs by a cron schedule, also while a run is under way: who runs turns the second one away and counts it, where node-cron
 * would drop it unseen. node-cron costs 8 MB of memory, so it is loaded for those who want a flow sample.
 */
export async function schedule(pattern: string, run: () => Promise<void>, log: Log): Promise<Schedule> {
  const { schedule: plan } = await import('node-cron');
  const task = plan(pattern, run, {
    suppressMissedWarning: true,
    logger: {
      info: (text) => log.debug({}, text),
      debug: (text) => log.debug({}, `${text}`),
      warn: (text) => log.debug({}, text),
      error: (problem, error) => log.error({ error: error ?? problem }, describeError(error ?? problem).message),
    },
  });
  return { stop: () => void task.destroy() };
}

/** Why a flow sample was not taken. */
type SkipReason = 'running' | 'late' | 'memory';

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

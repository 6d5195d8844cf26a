import { levelOf, NewFlowCount, windowMs } from '../analysis/flows/new-flow-rate.ts';
import type { Config } from '../config/options.ts';
import { NewFlowWindow } from '../host/ctnetlink/new-flow-events.ts';
import type { ProcFs } from '../host/procfs/proc-fs.ts';
import type { NewFlowSource, Publication } from '../metrics/family.ts';
import type { CountedNewFlows, FlowSample, Opener } from '../model/flows.ts';
import type { Log } from '../model/log.ts';
import { describeError } from '../model/operator-error.ts';
import { wasAtLimit } from '../model/status.ts';
import type { NewFlowsJson, OpenerJson, StatusJson } from '../model/status-json.ts';
import { serviceText } from '../model/text/address.ts';
import { ProblemLog } from '../system/problem-log.ts';
import type { ProcessContext } from './context.ts';
import { type Schedule, schedule } from './flow-sample-runner.ts';
import type { AgentState, Subsystem } from './subsystem.ts';

type NewFlowServiceParts = {
  readonly window: Pick<NewFlowWindow, 'listen'>;
  /** When to open one, as node-cron reads it. */
  readonly pattern: string;
  /** The last flow sample explains the rate of new flows. */
  readonly flowSample: () => FlowSample | undefined;
  readonly log: Log;
  /** Monotonic, milliseconds. */
  readonly clock: () => number;
};

/** Listens to new flows for a short while, when it is time. A window that fails leaves no rate, for the last one is not that of now. */
export class NewFlowService implements Subsystem {
  readonly #parts: NewFlowServiceParts;
  readonly #stopping = new AbortController();
  readonly #problems: ProblemLog;
  #schedule: Schedule | undefined;
  #last: CountedNewFlows | undefined;
  #failures = 0;
  #lost = 0;
  #isListening = false;

  constructor(parts: NewFlowServiceParts) {
    this.#parts = parts;
    this.#problems = new ProblemLog(parts.log, 'error');
  }

  /** Undefined before the first window, and after one that failed. */
  get last(): CountedNewFlows | undefined {
    return this.#last;
  }

  /** What was wrong with the latest window; undefined when nothing was, and before the first. */
  get problem(): Error | undefined {
    return this.#problems.problem;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Flows that the kernel had no room to tell of, in all windows so far. */
  get lost(): number {
    return this.#lost;
  }

  async start(): Promise<void> {
    void this.run();
    this.#schedule = await schedule(this.#parts.pattern, () => this.run(), this.#parts.log);
  }

  stop(): void {
    this.#schedule?.stop();
    this.#stopping.abort();
  }

  publication(): Partial<Publication> {
    return { newFlows: newFlowSource(this, this.#parts.clock()) };
  }

  statusJson({ status }: AgentState): Partial<StatusJson> {
    return { newFlows: newFlowsJson(this, this.#parts.flowSample(), wasAtLimit(status), this.#parts.clock()) };
  }

  /** Never rejects. A window is shorter than a schedule can be, so one that comes while another is open is left out. */
  async run(): Promise<void> {
    if (this.#isListening) return;
    this.#isListening = true;
    const { signal } = this.#stopping;
    try {
      this.#last = await this.#parts.window.listen(windowMs(this.#last?.newFlows.perSecond), signal);
      this.#lost += this.#last.newFlows.lost;
      this.#problems.succeeded('new flows are counted again');
    } catch (problem) {
      if (signal.aborted) return;
      this.#failures += 1;
      this.#last = undefined;
      this.#problems.failed(problem, 'new flows are not counted, and all else goes on');
    } finally {
      this.#isListening = false;
    }
  }
}

/** @throws OperatorError beside a copied procfs */
export function createNewFlows(
  { flowsTop: top, openersSchedule: pattern }: Config,
  proc: ProcFs,
  flowSample: () => FlowSample | undefined,
  { clock, log }: Pick<ProcessContext, 'clock' | 'log'>,
): NewFlowService {
  const counting = (seed: number) => new NewFlowCount({ top, seed });
  return new NewFlowService({ window: new NewFlowWindow({ proc, clock, counting }), pattern, flowSample, log, clock });
}

/** The new flows of the running agent, for metrics, alerts, status page and API. */

/** As many as the page has room for. */
const PAGE_OPENERS = 3;

type Service = Pick<NewFlowService, 'last' | 'problem' | 'failures' | 'lost'>;

/** For the metrics. */
export function newFlowSource({ last: counted, lost, failures }: Service, nowMs: number): NewFlowSource {
  return { counted, ageSeconds: counted && (nowMs - counted.endedMs) / 1000, lost, failures };
}

/** For the status page and /api/v1/status. @param flowSample explains the level together with them */
export function newFlowsJson(
  service: Service,
  flowSample: FlowSample | undefined,
  isAtLimit: boolean,
  nowMs: number,
): NewFlowsJson {
  const counted = service.last;
  if (counted === undefined) return { state: 'waiting', problem: service.problem && describeError(service.problem) };
  const { newFlows, endedMs } = counted;
  const { windowSeconds, lost, perSecond, low, high, sources, destinations } = newFlows;
  return {
    state: 'counted',
    ageSeconds: (nowMs - endedMs) / 1000,
    windowSeconds,
    lost,
    perSecond,
    low,
    high,
    sources: sources.top.slice(0, PAGE_OPENERS).map((row) => openerJson(row.address, row)),
    destinations: destinations.top.slice(0, PAGE_OPENERS).map((row) => openerJson(serviceText(row), row)),
    level: flowSample && levelOf(flowSample, newFlows, isAtLimit),
  };
}

function openerJson(address: string, { perSecond, share, low, high }: Opener<unknown>): OpenerJson {
  return { address, perSecond, share, low, high };
}

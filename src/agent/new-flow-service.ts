import { levelOf, NewFlowCount, windowMs } from '../analysis/flows/new-flow-rate.ts';
import type { Config } from '../config/options.ts';
import { NewFlowWindow } from '../host/ctnetlink/new-flow-events.ts';
import type { ProcFs } from '../host/procfs/proc-fs.ts';
import type { NewFlowSource } from '../metrics/family.ts';
import type { CountedNewFlows, FlowSample, Opener } from '../model/flows.ts';
import type { Log } from '../model/log.ts';
import { describeError } from '../model/operator-error.ts';
import type { NewFlowsJson, OpenerJson } from '../model/status-json.ts';
import { serviceText } from '../model/text/address.ts';
import type { ProcessContext } from './context.ts';
import { type Schedule, schedule } from './flow-sample-runner.ts';

type NewFlowListener = Pick<NewFlowWindow, 'listen'>;

type NewFlowServiceParts = {
  readonly window: NewFlowListener;
  readonly pattern: string;
  readonly log: Log;
};

/** Listens to new flows for a short while, when it is time. A window that fails leaves no rate, for the last one is not that of now. */
export class NewFlowService {
  readonly #parts: NewFlowServiceParts;
  readonly #stopping = new AbortController();
  #last: CountedNewFlows | undefined;
  #problem: Error | undefined;
  #failures = 0;
  #lost = 0;
  #isListening = false;
  #schedule: Schedule | undefined;

  constructor(parts: NewFlowServiceParts) {
    this.#parts = parts;
  }

  /** Undefined before the first window, and after one that failed. */
  get last(): CountedNewFlows | undefined {
    return this.#last;
  }

  /** What was wrong with the latest window; undefined when nothing was, and before the first. */
  get problem(): Error | undefined {
    return this.#problem;
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

  /** Never rejects. A window is shorter than a schedule can be, so one that comes while another is open is left out. */
  async run(): Promise<void> {
    if (this.#isListening) return;
    this.#isListening = true;
    const { window, log } = this.#parts;
    const { signal } = this.#stopping;
    try {
      this.#last = await window.listen(windowMs(this.#last?.newFlows.perSecond), signal);
      this.#lost += this.#last.newFlows.lost;
      if (this.#problem !== undefined) log.info({}, 'new flows are counted again');
      this.#problem = undefined;
    } catch (problem) {
      if (!signal.aborted) this.#fail(problem instanceof Error ? problem : new Error(String(problem)));
    } finally {
      this.#isListening = false;
    }
  }

  #fail(error: Error): void {
    this.#failures += 1;
    this.#last = undefined;
    if (error.message !== this.#problem?.message) {
      this.#parts.log.error(
        { error },
        `new flows are not counted, and all else goes on: ${describeError(error).message}`,
      );
    }
    this.#problem = error;
  }
}

/** @throws OperatorError beside a copied procfs */
export function newFlowService(
  config: Config,
  proc: ProcFs,
  { clock, log }: Pick<ProcessContext, 'clock' | 'log'>,
): NewFlowService {
  const counting = (seed: number) => new NewFlowCount({ top: config.flowsTop, seed });
  return new NewFlowService({
    window: new NewFlowWindow({ proc, clock, counting }),
    pattern: config.openersSchedule,
    log,
  });
}

/** The new flows of the running agent, for metrics, alerts, status page and API. */

/** As many as the page has room for. */
const PAGE_OPENERS = 3;

type Service = Pick<NewFlowService, 'last' | 'problem' | 'failures' | 'lost'>;

/** For the metrics. */
export function newFlowSource(service: Service | undefined, nowMs: number): NewFlowSource | undefined {
  if (service === undefined) return undefined;
  const { last: counted, lost, failures } = service;
  return { counted, ageSeconds: counted && (nowMs - counted.endedMs) / 1000, lost, failures };
}

/** For the status page and /api/v1/status. @param flowSample explains the level together with them */
export function newFlowsJson(
  service: Service | undefined,
  flowSample: FlowSample | undefined,
  isAtLimit: boolean,
  nowMs: number,
): NewFlowsJson {
  if (service === undefined) return { state: 'off' };
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

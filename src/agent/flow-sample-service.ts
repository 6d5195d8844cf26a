import { flowCounting } from '../analysis/flow-sample/flow-counter.ts';
import type { Config } from '../config/options.ts';
import { FlowSampler } from '../host/flow-sampler.ts';
import { readReusesTimeWait } from '../host/node-facts.ts';
import type { ProcFs } from '../host/proc-fs.ts';
import type { Log } from '../model/log.ts';
import { describeError } from '../model/operator-error.ts';
import { FlowSampleRunner, loadOf } from './flow-sample-runner.ts';
import type { ProcessContext } from './process-context.ts';

/** The flow sample of a running agent: who takes it, and when. */
export class FlowSampleService {
  readonly runner: FlowSampleRunner;
  readonly #sampler: FlowSampler;
  readonly #pattern: string;
  readonly #log: ProcessContext['log'];
  #schedule: Schedule | undefined;

  /** @throws OperatorError beside a copied procfs */
  constructor(config: Config, proc: ProcFs, { clock, log }: Pick<ProcessContext, 'clock' | 'log'>) {
    this.#sampler = new FlowSampler({
      proc,
      clock,
      sampleSize: config.sampleSize,
      counting: (seed) => flowCounting({ top: config.flowsTop, seed, reusesTimeWait: readReusesTimeWait(proc) }),
    });
    this.runner = new FlowSampleRunner({ sampler: this.#sampler, log, strain: () => loadOf(clock, log) });
    this.#pattern = config.flowsSchedule;
    this.#log = log;
  }

  /** Takes the first flow sample at once, the others when it is time. */
  async start(): Promise<void> {
    void this.runner.run();
    this.#schedule = await schedule(this.#pattern, () => this.runner.run(), this.#log);
  }

  stop(): void {
    this.#schedule?.stop();
    this.runner.stop();
    this.#sampler.close();
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

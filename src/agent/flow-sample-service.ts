import { flowCounting } from '../analysis/flow-sample/flow-counter.ts';
import type { Config } from '../config/options.ts';
import { FlowSampler } from '../host/flow-sampler.ts';
import type { ProcFs } from '../host/proc-fs.ts';
import { FlowSampleRunner } from './flow-sample-runner.ts';
import { type Schedule, schedule } from './flow-sample-schedule.ts';
import type { ProcessParts } from './process-parts.ts';
import { strainOf } from './strain.ts';

/** The flow sample of a running agent: who takes it, and when. */
export class FlowSampleService {
  readonly runner: FlowSampleRunner;
  readonly #sampler: FlowSampler;
  readonly #pattern: string;
  readonly #log: ProcessParts['log'];
  #schedule: Schedule | undefined;

  /** @throws OperatorError beside a copied procfs */
  constructor(config: Config, proc: ProcFs, { clock, log }: Pick<ProcessParts, 'clock' | 'log'>) {
    this.#sampler = new FlowSampler({
      proc,
      clock,
      sampleSize: config.sampleSize,
      counting: (seed) => flowCounting({ top: config.flowsTop, seed }),
    });
    this.runner = new FlowSampleRunner({ sampler: this.#sampler, log, strain: () => strainOf(clock, log) });
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

import { flowCounting } from '../analysis/flow-sample/flow-counter.ts';
import type { Config } from '../config/options.ts';
import { CensusTaker } from '../host/flow-sampler.ts';
import type { ProcFs } from '../host/proc-fs.ts';
import { CensusRunner } from './flow-sample-runner.ts';
import { type Schedule, schedule } from './flow-sample-schedule.ts';
import type { ProcessParts } from './process-parts.ts';
import { strainOf } from './strain.ts';

/** The census of a running agent: who takes it, and when. */
export class CensusService {
  readonly runner: CensusRunner;
  readonly #taker: CensusTaker;
  readonly #pattern: string;
  readonly #log: ProcessParts['log'];
  #schedule: Schedule | undefined;

  /** @throws OperatorError beside a copied procfs */
  constructor(config: Config, proc: ProcFs, { clock, log }: Pick<ProcessParts, 'clock' | 'log'>) {
    this.#taker = new CensusTaker({
      proc,
      clock,
      sampleSize: config.sampleSize,
      counting: (seed) => flowCounting({ top: config.flowsTop, seed }),
    });
    this.runner = new CensusRunner({ taker: this.#taker, log, strain: () => strainOf(clock, log) });
    this.#pattern = config.flowsSchedule;
    this.#log = log;
  }

  /** Takes the first census at once, the others when it is time. */
  async start(): Promise<void> {
    void this.runner.run();
    this.#schedule = await schedule(this.#pattern, () => this.runner.run(), this.#log);
  }

  stop(): void {
    this.#schedule?.stop();
    this.runner.stop();
    this.#taker.close();
  }
}

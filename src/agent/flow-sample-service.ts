import type { ProcFs } from '../host/proc-fs.ts';
import type { Surroundings } from './serve.ts';
import type { Config } from '../config/options.ts';
import { CensusRunner } from './flow-sample-runner.ts';
import { type Schedule, schedule } from './flow-sample-schedule.ts';
import { strainOf } from './strain.ts';
import { CensusTaker } from '../analysis/flow-sample/taker.ts';

/** The census of a running agent: who takes it, and when. */
export class CensusService {
  readonly runner: CensusRunner;
  readonly #taker: CensusTaker;
  readonly #pattern: string;
  readonly #log: Surroundings['log'];
  #schedule: Schedule | undefined;

  /** @throws OperatorError beside a copied procfs */
  constructor(config: Config, proc: ProcFs, { clock, log }: Pick<Surroundings, 'clock' | 'log'>) {
    this.#taker = new CensusTaker({ proc, clock, settings: config });
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

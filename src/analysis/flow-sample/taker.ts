import { randomInt } from 'node:crypto';
import { FlowDumper } from '../../host/flow-dump.ts';
import { NodeReader } from '../../host/node-reader.ts';
import type { ProcFs } from '../../host/proc-fs.ts';
import { CENSUS_CAPACITY, CensusCount } from './flow-counter.ts';
import { idleRuleOf } from './idle.ts';
import { type TakenCensus, unlistedOf } from '../../model/taken-flow-sample.ts';
import { OperatorError } from '../../model/operator-error.ts';
import type { Config } from '../../config/options.ts';
import { withManifest } from './refusal.ts';

const SEEDS = 2 ** 32;

/** A census without which the caller can go on: cheap to be asked for, whatever becomes of it. */
export type Taker = { take(signal?: AbortSignal): Promise<TakenCensus> };

export type CensusTakerParts = {
  readonly proc: ProcFs;
  /** Monotonic, milliseconds. */
  readonly clock: () => number;
  readonly settings: Pick<Config, 'sampleSize' | 'flowsTop'>;
  readonly dumper?: Pick<FlowDumper, 'dump'>;
};

/** Takes one census at a time of this network namespace, with the memory of the one before. */
export class CensusTaker implements Taker {
  readonly #clock: () => number;
  readonly #budget: number;
  readonly #reader: NodeReader;
  readonly #count: CensusCount;
  readonly #dumper: Pick<FlowDumper, 'dump'>;

  /** @throws OperatorError beside a copied procfs: its numbers are one node's, the flows another's */
  constructor({ proc, clock, settings, dumper = new FlowDumper() }: CensusTakerParts) {
    expectKernel(proc);
    this.#clock = clock;
    this.#budget = settings.sampleSize;
    this.#reader = new NodeReader({ proc, clock });
    // Who can guess the seed can make keys that a full ranking forgets.
    this.#count = new CensusCount({ top: settings.flowsTop, capacity: CENSUS_CAPACITY, seed: randomInt(SEEDS) });
    this.#dumper = dumper;
  }

  /** @throws OperatorError when the kernel refuses or answers with what cannot be understood */
  async take(signal?: AbortSignal): Promise<TakenCensus> {
    const startMs = this.#clock();
    const { entries, limit, timeouts } = this.#reader.read();
    if (entries === undefined) throw notLoaded();
    const rule = idleRuleOf(timeouts);
    const dump = await this.#dumper
      .dump({
        budget: this.#budget,
        begin: () => this.#count.begin(rule),
        tableSize: () => this.#reader.tableSize(),
        ...(signal && { signal }),
      })
      .catch((problem: unknown) => {
        throw withManifest(problem);
      });
    const census = dump.sink.end(dump);
    const endedMs = this.#clock();
    const unlisted = unlistedOf(dump, census.read);
    return { census, limit, unlisted, durationSeconds: (endedMs - startMs) / 1000, endedMs };
  }

  close(): void {
    this.#reader.close();
  }
}

/** The question alone would load it (nfnetlink_rcv_msg calls request_module), and a monitor changes nothing. */
function notLoaded(): OperatorError {
  return new OperatorError('Cannot list flows: there is no nf_conntrack_count', {
    remedy: 'If the node should track connections: modprobe nf_conntrack',
  });
}

function expectKernel(proc: ProcFs): void {
  if (proc.isKernel()) return;
  throw new OperatorError(`Cannot list flows beside "${proc.root}": it is not the kernel's procfs`, {
    remedy: 'Leave out --path.procfs, or let serve do without --collector.flows',
  });
}

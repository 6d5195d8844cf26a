import { randomInt } from 'node:crypto';
import { type FlowSample, type FlowSampleEnd, type TakenFlowSample, unlistedOf } from '../../model/flows.ts';
import { OperatorError } from '../../model/operator-error.ts';
import type { Timeout } from '../../model/reading.ts';
import { NodeReader } from '../node-reader.ts';
import type { ProcFs } from '../procfs/proc-fs.ts';
import { withManifest } from './errors.ts';
import { FlowDumper, type FlowSink } from './flow-dump.ts';

const SEEDS = 2 ** 32;

/** Something that takes flow samples, whatever becomes of each. */
export type FlowSampleTaker = { take(signal?: AbortSignal): Promise<TakenFlowSample> };

/** Counts the flows of one dump. */
export type Counting = FlowSink & { end(end: FlowSampleEnd): FlowSample };

export type FlowSamplerParts = {
  readonly proc: ProcFs;
  /** Monotonic, milliseconds. */
  readonly clock: () => number;
  /** Flows read at most; 0 reads all. */
  readonly sampleSize: number;
  /** Makes what begins to count a dump; the seed must not be guessed, or keys can be made that a full ranking forgets. */
  readonly counting: (seed: number) => (timeouts: readonly Timeout[], atMs: number) => Counting;
  readonly dumper?: Pick<FlowDumper, 'dump'>;
};

/** Takes one flow sample at a time of this network namespace, with the memory of the one before. */
export class FlowSampler implements FlowSampleTaker {
  readonly #clock: () => number;
  readonly #sampleSize: number;
  readonly #reader: NodeReader;
  readonly #begin: (timeouts: readonly Timeout[], atMs: number) => Counting;
  readonly #dumper: Pick<FlowDumper, 'dump'>;

  /** @throws OperatorError beside a copied procfs: its numbers are one node's, the flows another's */
  constructor({ proc, clock, sampleSize, counting, dumper = new FlowDumper() }: FlowSamplerParts) {
    expectKernel(proc);
    this.#clock = clock;
    this.#sampleSize = sampleSize;
    this.#reader = new NodeReader({ proc, clock, timeouts: 'all' });
    this.#begin = counting(randomInt(SEEDS));
    this.#dumper = dumper;
  }

  /** @throws OperatorError when the kernel refuses or answers with what cannot be understood */
  async take(signal?: AbortSignal): Promise<TakenFlowSample> {
    const startMs = this.#clock();
    const { entries, limit, timeouts } = this.#reader.read();
    if (entries === undefined) throw notLoaded();
    const dump = await this.#dumper
      .dump({
        budget: this.#sampleSize,
        begin: () => this.#begin(timeouts, startMs),
        tableSize: () => this.#reader.tableSize(),
        ...(signal && { signal }),
      })
      .catch((problem: unknown) => {
        throw withManifest(problem);
      });
    const flowSample = dump.sink.end(dump);
    const endedMs = this.#clock();
    const unlisted = unlistedOf(dump, flowSample.read);
    return { flowSample, limit, unlisted, durationSeconds: (endedMs - startMs) / 1000, endedMs };
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

export function expectKernel(proc: ProcFs): void {
  if (proc.isKernel()) return;
  throw new OperatorError(`Cannot list flows beside "${proc.root}": it is not the kernel's procfs`, {
    remedy: 'Leave out --path.procfs, or let serve do without --collector.flows',
  });
}

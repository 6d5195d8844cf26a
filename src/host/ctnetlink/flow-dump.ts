import { constants } from 'node:os';
import type { IncompleteReason } from '../../model/flows.ts';
import { OperatorError } from '../../model/operator-error.ts';
import { encodeFlowDump, type Flow } from '../../netlink/flow.ts';
import { FlowBatch } from '../../netlink/flow-batch.ts';
import { brokenAnswer, ctnetlinkRefusal, Errno, OR_PROCFS } from './errors.ts';
import { type DumpSocket, dumpSocketOpener } from './socket.ts';

/** Sees each flow once, in the order the kernel lists them. The object is the same each time. */
export type FlowSink = { add(flow: Flow): void };

/** nf_conntrack_count and nf_conntrack_buckets at one instant; undefined where they cannot be read. */
type TableSize = { readonly entries: number | undefined; readonly buckets: number | undefined };

export type FlowDumpOptions<Sink extends FlowSink> = {
  /** Flows after which the socket is closed, rounded up to the end of a batch (see BATCH_FLOWS); 0 reads all. */
  readonly budget: number;
  /** Called for each try, so that what a failed one counted is forgotten. */
  readonly begin: () => Sink;
  readonly tableSize: () => TableSize;
  /** Ends the dump at the next batch. */
  readonly signal?: AbortSignal;
};

type FlowDump<Sink extends FlowSink> = {
  readonly sink: Sink;
  readonly read: number;
  /** Flows in the part of the hash that the kernel has gone through: those read, and a batch that it prepares ahead. */
  readonly walked: number;
  /** Every flow was listed, once. */
  readonly isComplete: boolean;
  /** Why not; undefined when it is complete. */
  readonly incompleteReason: IncompleteReason | undefined;
  readonly tries: number;
  /** Entries in the table before and after. The kernel counts some that it never lists: unconfirmed and clashing ones. */
  readonly entriesBefore: number | undefined;
  readonly entriesAfter: number | undefined;
};

/** About as many as a batch of ctnetlink holds, where the first is smaller. */
const BATCH_FLOWS = 200;

/** A resize is rare; a kernel short of memory needs relief, not a fourth try. */
const MAX_TRIES = 3;

/**
 * Lists the flows of the network namespace the agent runs in, by a dump of ctnetlink. Needs CAP_NET_ADMIN. The kernel
 * walks its hash bucket by bucket and lists a flow at its original direction only, though it is chained at both. The hash
 * of a tuple is keyed at random at boot, so what comes first says nothing about what a flow is: the first flows are a
 * fair sample of all of them. Not quite: the last bucket may be cut, newest flows first, and where the flow that a batch
 * ended at is gone when the next one starts, its bucket (a few flows) is listed again.
 */
export class FlowDumper {
  readonly #open: () => DumpSocket;
  #sequence = 0;
  #isRunning = false;

  constructor(open: () => DumpSocket = dumpSocketOpener()) {
    this.#open = open;
  }

  /**
   * One dump at a time.
   * @throws OperatorError when the kernel refuses, runs out of memory, or answers with what cannot be decoded
   */
  async dump<Sink extends FlowSink>(options: FlowDumpOptions<Sink>): Promise<FlowDump<Sink>> {
    if (this.#isRunning) throw new Error('Cannot dump "ctnetlink": a dump is running');
    this.#isRunning = true;
    try {
      for (let tries = 1; ; tries += 1) {
        const outcome = await this.#try(options).catch((problem: unknown) => {
          if (tries < MAX_TRIES && isShortOfMemory(problem)) return undefined;
          throw problem;
        });
        if (outcome !== undefined && (!isWorthAnotherTry(outcome.incompleteReason) || tries === MAX_TRIES))
          return { ...outcome, tries };
      }
    } catch (problem) {
      throw withoutFlowSample(problem);
    } finally {
      this.#isRunning = false;
    }
  }

  async #try<Sink extends FlowSink>(options: FlowDumpOptions<Sink>): Promise<Omit<FlowDump<Sink>, 'tries'>> {
    this.#sequence = (this.#sequence + 1) >>> 0;
    const sink = options.begin();
    const before = options.tableSize();
    const socket = this.#open();
    try {
      const batch = new FlowBatch(this.#sequence);
      await socket.sendAsync(encodeFlowDump(this.#sequence));
      // ctnetlink sets no NLM_F_DUMP_INTR for a resize, and there may be one forth and one back: so it is asked for all along.
      let [after, isResized] = [before, false];
      const lookAtTable = () => {
        after = options.tableSize();
        isResized ||= after.buckets !== before.buckets;
      };
      const { read, walked } = await readBatches(socket, batch, sink, { ...options, lookAtTable });
      const counts = { entriesBefore: before.entries, entriesAfter: after.entries };
      const incompleteReason = incompleteReasonOf({ batch, isResized, read, ...counts });
      return { sink, read, walked, isComplete: incompleteReason === undefined, incompleteReason, ...counts };
    } catch (error) {
      throw error instanceof RangeError ? brokenAnswer(error.message, error) : error;
    } finally {
      socket.close();
    }
  }
}

async function readBatches(
  socket: DumpSocket,
  batch: FlowBatch,
  sink: FlowSink,
  { budget, signal, lookAtTable }: Pick<FlowDumpOptions<FlowSink>, 'budget' | 'signal'> & { lookAtTable: () => void },
): Promise<{ read: number; walked: number }> {
  const enough = budget === 0 ? Number.POSITIVE_INFINITY : budget;
  let read = 0;
  for (;;) {
    signal?.throwIfAborted();
    const datagrams = await socket.receiveAsync(Math.ceil((enough - read) / BATCH_FLOWS));
    lookAtTable();
    for (const [index, datagram] of datagrams.entries()) {
      const flows = readDatagram(datagram, batch, sink);
      read += flows;
      if (batch.end !== undefined) return { read, walked: read };
      if (read >= enough) return { read, walked: read + flows * (datagrams.length - index) };
      if (flows === 0) throw brokenAnswer('a part of the answer has no flow in it and is not its end');
    }
  }
}

/** How many flows were in it. */
function readDatagram(datagram: DataView, batch: FlowBatch, sink: FlowSink): number {
  batch.open(datagram);
  let read = 0;
  while (batch.next()) {
    sink.add(batch.flow);
    read += 1;
  }
  if (batch.end === undefined) return read;
  if (batch.end.errno !== 0) throw ctnetlinkRefusal('list flows from', batch.end.errno);
  if (batch.end.kind === 'error') throw brokenAnswer('an acknowledgement came, wanted flows');
  return read;
}

/** ENOBUFS, ENOMEM: the kernel could not allocate the next batch, and what it would have held is lost. */
function isShortOfMemory(problem: unknown): boolean {
  const cause = problem instanceof Error ? problem.cause : undefined;
  return cause instanceof Errno && [constants.errno.ENOBUFS, constants.errno.ENOMEM].includes(cause.errno);
}

/** The way around a refusal is another one here than for the counters. */
function withoutFlowSample(problem: unknown): unknown {
  if (!(problem instanceof OperatorError)) return problem;
  const remedy = problem.remedy.replace(
    OR_PROCFS,
    'or, in an agent, turn the flow sample off with --no-collector.flows',
  );
  return new OperatorError(problem.message, { remedy, cause: problem });
}

/**
 * The kernel counts entries that it never lists, in numbers: packets under way and in queues, of which a queue holds 1024
 * by default. More of them than that, and than this part of all entries, is a listing with something missing.
 */
const SHORT_ENTRIES = 1024;
const SHORT_RATIO = 0.05;

/** How a dump went. */
type Walk = {
  readonly batch: Pick<FlowBatch, 'end' | 'isIncomplete'>;
  /** Whether the size of the hash was ever another than at the beginning. */
  readonly isResized: boolean;
  readonly read: number;
  readonly entriesBefore: number | undefined;
  readonly entriesAfter: number | undefined;
};

/** Undefined when every flow was listed, once. */
function incompleteReasonOf(walk: Walk): IncompleteReason | undefined {
  const { batch, isResized, read, entriesBefore, entriesAfter } = walk;
  if (isResized) return 'resized';
  if (batch.isIncomplete) return 'interrupted';
  if (batch.end === undefined) return 'budget';
  if (entriesBefore === undefined || entriesAfter === undefined) return undefined;
  const least = Math.min(entriesBefore, entriesAfter); // A table that grows or shrinks meanwhile is not short.
  return least - read > Math.max(SHORT_ENTRIES, SHORT_RATIO * least) ? 'short' : undefined;
}

/** What is short remains so: the kernel would list the same again. */
function isWorthAnotherTry(reason: IncompleteReason | undefined): boolean {
  return reason === 'resized' || reason === 'interrupted';
}

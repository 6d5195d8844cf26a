import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { ctnetlinkRefusal } from '../../../src/host/ctnetlink/errors.ts';
import { FlowDumper, type FlowDumpOptions, type FlowSink } from '../../../src/host/ctnetlink/flow-dump.ts';
import type { DumpSocket } from '../../../src/host/ctnetlink/socket.ts';
import { OperatorError } from '../../../src/model/operator-error.ts';
import { readFlowFrame } from '../../netlink/flow-frames.ts';
import { truncated } from '../../netlink/frames.ts';

type Datagram = DataView<ArrayBuffer>;
const [FLOWS, DONE] = readFlowFrame('flows-6.18') as [Datagram, Datagram];
const PER_DATAGRAM = 18;
const STILL = () => ({ entries: 20, buckets: 1024 });

/** Plays one captured answer, under the number of the request as the kernel would. */
class ReplaySocket implements DumpSocket {
  closed = 0;
  received = 0;
  readonly asked: number[] = [];
  readonly #answer: (Datagram | Error)[];
  #sequence = 0;

  constructor(answer: readonly (Datagram | Error)[]) {
    this.#answer = [...answer];
  }

  async sendAsync(request: Uint8Array): Promise<void> {
    this.#sequence = new DataView(request.buffer).getUint32(8, true);
  }

  async receiveAsync(most: number): Promise<readonly DataView[]> {
    this.asked.push(most);
    const next = this.#answer[this.received];
    if (next === undefined) throw new Error('Cannot replay: the answer is over');
    this.received += 1;
    if (next instanceof Error) throw next;
    const renumbered = changed(next, (view) => {
      for (let at = 0; at + 16 <= view.byteLength; at += Math.max(16, view.getUint32(at, true))) {
        if (view.getUint32(at + 8, true) === 7) view.setUint32(at + 8, this.#sequence, true);
      }
    });
    return [renumbered];
  }

  close(): void {
    this.closed += 1;
  }
}

function changed(datagram: Datagram, change: (view: DataView) => void): Datagram {
  const copy = truncated(datagram, datagram.byteLength);
  change(copy);
  return copy;
}

/** A dumper whose tries get one answer each, and its sockets. */
function replaying(...answers: (readonly (Datagram | Error)[])[]) {
  const sockets = answers.map((answer) => new ReplaySocket(answer));
  let opened = 0;
  const dumper = new FlowDumper(() => sockets[opened++]!);
  return { dumper, sockets };
}

/** A hash that is another size at each look. */
function resizing() {
  let buckets = 1024;
  return () => {
    buckets *= 2;
    return { entries: 20, buckets };
  };
}

class Counter implements FlowSink {
  count = 0;
  add(): void {
    this.count += 1;
  }
}

function options(rest: Partial<FlowDumpOptions<Counter>> = {}): FlowDumpOptions<Counter> {
  return { budget: 0, begin: () => new Counter(), tableSize: STILL, ...rest };
}

async function problemOf(dump: Promise<unknown>): Promise<OperatorError> {
  const problem = await dump.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(problem).toBeInstanceOf(OperatorError);
  return problem as OperatorError;
}

const NO_BUFFERS = () => ctnetlinkRefusal('hear from', constants.errno.ENOBUFS);
const INTERRUPTED = changed(FLOWS, (view) => view.setUint16(6, 0x12, true));

describe('FlowDumper', () => {
  it('gives every flow to the sink and says that these were all', async () => {
    const { dumper, sockets } = replaying([FLOWS, FLOWS, DONE]);
    expect(await dumper.dump(options())).toEqual({
      sink: expect.objectContaining({ count: 2 * PER_DATAGRAM }),
      read: 2 * PER_DATAGRAM,
      walked: 2 * PER_DATAGRAM,
      isComplete: true,
      incompleteReason: undefined,
      tries: 1,
      entriesBefore: 20,
      entriesAfter: 20,
    });
    expect(sockets[0]!.closed).toBe(1);
  });

  it('stops at the batch that fills the budget, and closes the socket', async () => {
    const { dumper, sockets } = replaying([FLOWS, FLOWS, FLOWS, DONE]);
    expect(await dumper.dump(options({ budget: 20 }))).toMatchObject({
      read: 2 * PER_DATAGRAM,
      walked: 3 * PER_DATAGRAM,
      isComplete: false,
      incompleteReason: 'budget',
    });
    expect(sockets[0]).toMatchObject({ received: 2, asked: [1, 1], closed: 1 });
  });

  it('reads the next dump on a new socket under a new number', async () => {
    const { dumper } = replaying([FLOWS, DONE], [DONE]);
    await dumper.dump(options());
    expect(await dumper.dump(options())).toMatchObject({ read: 0, isComplete: true, sink: { count: 0 } });
  });

  it.each([
    ['the kernel says that parts are missing', [INTERRUPTED, DONE], STILL],
    ['the kernel is short of memory', [FLOWS, NO_BUFFERS()], STILL],
  ])('begins anew, counting from nothing, when %s', async (_, answer, tableSize) => {
    const { dumper, sockets } = replaying(answer, [FLOWS, DONE]);
    expect(await dumper.dump(options({ tableSize }))).toMatchObject({
      tries: 2,
      isComplete: true,
      sink: { count: PER_DATAGRAM },
    });
    expect(sockets.map(({ closed }) => closed)).toEqual([1, 1]);
  });

  it.each([
    ['resized', [1024, 2048]],
    ['resized and back', [1024, 2048, 1024]],
  ])('begins anew when the hash was %s meanwhile', async (_what, seen) => {
    const answer = [FLOWS, FLOWS, FLOWS, DONE];
    const { dumper } = replaying(answer, answer);
    const tableSize = () => ({ entries: 54, buckets: seen.length > 1 ? seen.shift() : seen[0] });
    expect(await dumper.dump(options({ tableSize }))).toMatchObject({ tries: 2, isComplete: true, read: 54 });
  });

  it.each([
    ['the kernel says so', [INTERRUPTED, DONE], STILL, 'interrupted'],
    ['the hash is resized each time', [FLOWS, DONE], resizing(), 'resized'],
  ] as const)(
    'says that flows may be missing, and why, when %s',
    async (_what, answer, tableSize, incompleteReason) => {
      const { dumper } = replaying(answer, answer, answer);
      const outcome = { tries: 3, isComplete: false, incompleteReason, read: PER_DATAGRAM };
      expect(await dumper.dump(options({ tableSize }))).toMatchObject(outcome);
    },
  );

  it.each<[sentence: string, counts: (number | undefined)[], incompleteReason: string | undefined]>([
    ['is short when the kernel listed far fewer flows than it counts', [100_000, 100_000], 'short'],
    ['is short of many, of a few entries', [1100, 1100], 'short'],
    ['is complete when no more is missing than may be under way and in a queue', [1042, 1042], undefined],
    ['is complete when the table was flushed meanwhile', [100_000, 18], undefined],
    ['is complete when the table grew meanwhile', [18, 100_000], undefined],
    ['is complete where nobody knows the count', [undefined, undefined], undefined],
  ])('%s', async (_, [before, after], incompleteReason) => {
    const { dumper } = replaying([FLOWS, DONE]);
    const counts = [before, after];
    const tableSize = () => ({ entries: counts.length > 1 ? counts.shift() : counts[0], buckets: 1024 });
    const isComplete = incompleteReason === undefined;
    expect(await dumper.dump(options({ tableSize }))).toMatchObject({ tries: 1, isComplete, incompleteReason });
  });

  it('gives up on a kernel that stays short of memory, and says what to do', async () => {
    const { dumper, sockets } = replaying([NO_BUFFERS()], [NO_BUFFERS()], [FLOWS, NO_BUFFERS()]);
    const { message, remedy } = await problemOf(dumper.dump(options()));
    expect(message).toBe('Cannot hear from "ctnetlink": no buffer space available (ENOBUFS)');
    expect(remedy).toBe('Free memory on the node, or, in an agent, turn the flow sample off with --no-collector.flows');
    expect(sockets.map(({ closed }) => closed)).toEqual([1, 1, 1]);
  });

  it('says what to grant when the kernel refuses', async () => {
    const eperm = changed(DONE, (view) => {
      view.setUint16(4, 2, true);
      view.setInt32(16, -constants.errno.EPERM, true);
    });
    const { message, remedy } = await problemOf(replaying([eperm]).dumper.dump(options()));
    expect(message).toBe('Cannot list flows from "ctnetlink": operation not permitted (EPERM)');
    expect(remedy).toBe(
      'Grant the agent CAP_NET_ADMIN, or, in an agent, turn the flow sample off with --no-collector.flows',
    );
  });

  it('takes an error at the end of a dump for one', async () => {
    const end = changed(DONE, (view) => view.setInt32(16, -constants.errno.EINVAL, true));
    expect((await problemOf(replaying([FLOWS, end]).dumper.dump(options()))).message).toMatch(/\(EINVAL\)$/);
  });

  it.each([
    ['is cut', truncated(FLOWS, 1001), /^Cannot understand "ctnetlink": Cannot decode .* at byte \d+/],
    ['has no flow', changed(truncated(FLOWS, 16), (view) => view.setUint32(0, 16, true)), /Cannot decode nfgenmsg/],
    ['is empty', truncated(FLOWS, 0), /a part of the answer has no flow in it and is not its end/],
    ['only acknowledges', changed(DONE, (view) => view.setUint16(4, 2, true)), /an acknowledgement came/],
  ])('refuses an answer that %s, and closes the socket', async (_, datagram, message) => {
    const { dumper, sockets } = replaying([datagram]);
    expect((await problemOf(dumper.dump(options()))).message).toMatch(message);
    expect(sockets[0]!.closed).toBe(1);
  });

  it('takes one dump at a time, and the next one after a failure', async () => {
    const { dumper } = replaying([truncated(FLOWS, 0)], [DONE]);
    const first = dumper.dump(options());
    await expect(dumper.dump(options())).rejects.toThrow('a dump is running');
    await expect(first).rejects.toThrow(OperatorError);
    await expect(dumper.dump(options())).resolves.toMatchObject({ isComplete: true });
  });

  it('ends at the next batch when told to', async () => {
    const { dumper, sockets } = replaying([FLOWS, DONE]);
    const abort = new AbortController();
    const sink: FlowSink = { add: () => abort.abort() };
    const dump = dumper.dump({ budget: 0, begin: () => sink, tableSize: STILL, signal: abort.signal });
    await expect(dump).rejects.toThrow('aborted');
    expect(sockets[0]).toMatchObject({ received: 1, closed: 1 });
  });
});

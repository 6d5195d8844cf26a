import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { CtnetlinkCounters, type DatagramSocket } from '../../../src/host/ctnetlink/counters.ts';
import { brokenAnswer } from '../../../src/host/ctnetlink/errors.ts';
import { OperatorError } from '../../../src/model/operator-error.ts';
import { bytesOf, readFrame, truncated } from '../../netlink/frames.ts';

const STATS = readFrame('stats-cpu-6.18')[0]!;
const DONE = readFrame('stats-cpu-6.18')[1]!;
const OLD = readFrame('stats-cpu-pre-5.10');
const GOOD = [STATS, DONE];
const SEQUENCE = 8;

/** Plays one captured answer to each request, under the number of the request as the kernel would. */
class ReplaySocket implements DatagramSocket {
  closed = false;
  readonly #answers: DataView<ArrayBuffer>[][];
  #queue: DataView[] = [];

  constructor(...answers: DataView<ArrayBuffer>[][]) {
    this.#answers = answers;
  }

  async sendAsync(request: Uint8Array): Promise<void> {
    const sequence = new DataView(request.buffer).getUint32(SEQUENCE, true);
    this.#queue = (this.#answers.shift() ?? []).map((datagram) => renumbered(datagram, sequence));
  }

  receive(): DataView {
    const datagram = this.#queue.shift();
    if (datagram === undefined) throw brokenAnswer('no answer came');
    return datagram;
  }

  close(): void {
    this.closed = true;
  }
}

/** Captured frames all carry 7; any other number is left as the test set it. */
function renumbered(datagram: DataView<ArrayBuffer>, sequence: number): DataView {
  const copy = truncated(datagram, datagram.byteLength);
  let at = 0;
  while (at + 16 <= copy.byteLength) {
    if (copy.getUint32(at + SEQUENCE, true) === 7) copy.setUint32(at + SEQUENCE, sequence, true);
    at += Math.max(copy.getUint32(at, true), 16);
  }
  return copy;
}

function changed(datagram: DataView<ArrayBuffer>, change: (view: DataView) => void): DataView<ArrayBuffer> {
  const copy = truncated(datagram, datagram.byteLength);
  change(copy);
  return copy;
}

/** Reads a bad answer, then a good one on the socket opened after it. */
async function problemOf(...answer: DataView<ArrayBuffer>[]): Promise<OperatorError> {
  const sockets = [new ReplaySocket(answer), new ReplaySocket(GOOD)];
  let opened = 0;
  const counters = new CtnetlinkCounters(() => sockets[opened++]!);
  let problem: unknown;
  try {
    await counters.read();
  } catch (error) {
    problem = error;
  }
  if (!(problem instanceof OperatorError)) throw new Error('Cannot compare: no OperatorError', { cause: problem });
  expect(sockets[0]!.closed).toBe(true);
  expect(await counters.read()).toHaveLength(2);
  expect(problem.remedy).toMatch(/or use --collector\.counters\.via=procfs$/);
  return problem;
}

describe('CtnetlinkCounters.read()', () => {
  it('asks again and again on one socket', async () => {
    const open = vi.fn(() => new ReplaySocket(GOOD, OLD, GOOD));
    const counters = new CtnetlinkCounters(open);
    expect((await counters.read()).map((row) => row.get('invalid'))).toEqual([10, 4]);
    expect((await counters.read()).map((row) => row.get('invalid'))).toEqual([4204, 0xffff_ffff]);
    expect(await counters.read()).toHaveLength(2);
    expect(open).toHaveBeenCalledTimes(1);
  });

  it('sorts the rows by CPU, whatever the order of the answer', async () => {
    const low = changed(STATS, (view) => view.setUint16(18, 700)); // The first message now speaks of CPU 700.
    const counters = new CtnetlinkCounters(() => new ReplaySocket([low, DONE]));
    expect((await counters.read()).map((row) => row.get('invalid'))).toEqual([4, 10]);
  });

  it('skips a message of another type', async () => {
    const other = changed(STATS, (view) => view.setUint16(4, 0x0105, true));
    const counters = new CtnetlinkCounters(() => new ReplaySocket([other, DONE]));
    expect(await counters.read()).toHaveLength(1);
  });

  it('opens a new socket after close()', async () => {
    const sockets = [new ReplaySocket(GOOD), new ReplaySocket(GOOD)];
    let opened = 0;
    const counters = new CtnetlinkCounters(() => sockets[opened++]!);
    await counters.read();
    counters.close();
    expect(sockets[0]!.closed).toBe(true);
    expect(await counters.read()).toHaveLength(2);
  });

  it('tells an unprivileged operator which capability is missing', async () => {
    const problem = await problemOf(...readFrame('stats-cpu-eperm-6.18'));
    expect(problem.message).toBe('Cannot read counters from "ctnetlink": operation not permitted (EPERM)');
    expect(problem.remedy).toBe('Grant the agent CAP_NET_ADMIN, or use --collector.counters.via=procfs');
  });

  it.each<[string, DataView<ArrayBuffer>[], RegExp]>([
    ['no answer at all', [], /: no answer came$/],
    ['an answer that stops before its end', [STATS], /: no answer came$/],
    ['an answer without a CPU', [DONE], /: the answer names no CPU$/],
    ['one CPU twice', [STATS, STATS, DONE], /: CPU 0 came twice$/],
    [
      'the answer to another request',
      [changed(STATS, (view) => view.setUint32(SEQUENCE, 99, true))],
      /to 99, wanted 1$/,
    ],
    ['an interrupted dump', [changed(STATS, (view) => view.setUint16(6, 0x12, true))], /: .* is incomplete$/],
    ['an overrun', [STATS, changed(DONE, (view) => view.setUint16(4, 4, true))], /: .* is incomplete$/],
    ['a bare acknowledgement', [changed(DONE, (view) => view.setUint16(4, 2, true))], /: an acknowledgement came/],
    ['a dump that ended early', [STATS, changed(DONE, (view) => view.setInt32(16, -12, true))], /\(ENOMEM\)$/],
    ['an errno nobody knows', [changed(DONE, (view) => view.setInt32(16, -4711, true))], /\(errno 4711\)$/],
    ['a datagram cut short', [truncated(STATS, 199), DONE], /: Cannot decode message at byte 100: /],
  ])('refuses %s, closes the socket and reads on with a new one', async (_, answer, message) => {
    expect((await problemOf(...answer)).message).toMatch(message);
  });

  it('gives up on an answer that never ends', async () => {
    const noop = changed(DONE, (view) => view.setUint16(4, 1, true));
    expect((await problemOf(...Array<DataView<ArrayBuffer>>(2000).fill(noop))).message).toMatch(/in 512 datagrams$/);
  });

  it('refuses every truncation of a real answer', async () => {
    for (let length = 0; length < STATS.byteLength; length += 1) {
      if (length === 100) continue; // One whole message: the other CPU is missing, and nothing shows it.
      await problemOf(truncated(STATS, length), DONE);
    }
    for (let length = 0; length < DONE.byteLength; length += 1) await problemOf(STATS, truncated(DONE, length));
  });

  it('answers random datagrams with an OperatorError', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { maxLength: 4 }), async (answer) => {
        await problemOf(...answer.map(bytesOf));
      }),
      { numRuns: 500 },
    );
  });

  it('passes on why no socket could be opened, and tries again at the next reading', async () => {
    let opened = 0;
    const counters = new CtnetlinkCounters(() => {
      opened += 1;
      if (opened === 1) throw brokenAnswer('no socket today');
      return new ReplaySocket(GOOD);
    });
    await expect(counters.read()).rejects.toThrow('no socket today');
    expect(await counters.read()).toHaveLength(2);
  });
});

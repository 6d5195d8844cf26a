import { CtnetlinkCounters } from '../../../src/host/ctnetlink/counters.ts';
import { brokenAnswer } from '../../../src/host/ctnetlink/errors.ts';
import { OperatorError } from '../../../src/model/operator-error.ts';
import { attribute, be, datagramOf, message } from '../netlink-writer.ts';
import { decodeCounters } from '../plain-decoder.ts';
import { mutatedBytes, type Random } from '../random.ts';
import { hold, holdEqual, type Subject } from '../subject.ts';

const STATS_CPU = 0x0104;
/** What the first question of a client is numbered. */
const SEQUENCE = 1;

function cpuMessage(random: Random, cpu: number) {
  const types = random.some([1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
  return message(STATS_CPU, 2, SEQUENCE, [
    0,
    0,
    ...be(2, cpu),
    ...types.flatMap((type) => attribute(type, be(4, random.unsigned(32)))),
  ]);
}

async function decoded(datagrams: readonly Uint8Array<ArrayBuffer>[]) {
  const queue = [...datagrams];
  const receive = () => {
    const datagram = queue.shift();
    if (datagram === undefined) throw brokenAnswer('no answer came');
    return new DataView(datagram.buffer);
  };
  try {
    const rows = await new CtnetlinkCounters(() => ({
      sendAsync: async () => undefined,
      receive,
      close: () => undefined,
    })).read();
    return rows.map((row) => [...row]);
  } catch (error) {
    hold(error instanceof OperatorError && /"ctnetlink"/.test(error.message), () => `refused without a name: ${error}`);
    return undefined;
  }
}

/** Answers of up to five CPUs in one or two datagrams and an end, some of the bytes changed. */
export const COUNTER_DUMP: Subject = {
  name: 'counter-dump',
  invariant: 'a counter is what its bytes say, or the whole answer is refused and names ctnetlink',
  async run(random) {
    const cpus = Array.from({ length: 1 + random.below(5) }, (_, cpu) =>
      cpuMessage(random, random.chance(0.1) ? random.unsigned(16) : cpu),
    );
    const end = message(3, 2, SEQUENCE, be(4, 0));
    const cut = random.below(cpus.length + 1);
    const datagrams = [cpus.slice(0, cut), [...cpus.slice(cut), end]]
      .filter((messages) => messages.length > 0)
      .map(datagramOf);
    const at = random.below(datagrams.length);
    const mutated = datagrams.map((datagram, i) =>
      i === at && random.chance(0.7) ? mutatedBytes(random, datagram) : datagram,
    );
    const wanted = decodeCounters(
      mutated.map((bytes) => Buffer.from(bytes)),
      SEQUENCE,
    );
    holdEqual(await decoded(mutated), wanted, () =>
      mutated.map((bytes) => Buffer.from(bytes).toString('hex')).join(' | '),
    );
  },
};

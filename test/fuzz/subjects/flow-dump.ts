import { FlowBatch } from '../../../src/netlink/flow-batch.ts';
import { flowsOf, type PlainFlow } from '../../netlink/flow-frames.ts';
import { attribute, type Bytes, be, datagramOf, message, nested } from '../netlink-writer.ts';
import { decodeFlows } from '../plain-decoder.ts';
import { mutatedBytes, type Random } from '../random.ts';
import { holdEqual, type Subject } from '../subject.ts';

const SEQUENCE = 7;
const NEW = 0x0100;

type Described = { readonly written: Bytes; readonly flow: PlainFlow };

/** A flow as the kernel would send it, with attributes left out, some among them that nothing reads, and what it says. */
function describedFlow(random: Random): Described {
  const isV4 = random.chance(0.5);
  const isIcmp = random.chance(0.2);
  const original = describedTuple(random, isV4, isIcmp);
  const reply = describedTuple(random, isV4, isIcmp);
  const [status, timeout, mark, zone] = [
    random.unsigned(31),
    random.unsigned(32),
    random.unsigned(32),
    random.unsigned(16),
  ];
  const state = random.below(256);
  const has = {
    status: random.chance(0.9),
    timeout: random.chance(0.9),
    mark: random.chance(0.3),
    zone: random.chance(0.3),
    state: random.chance(0.5),
  };
  const parts = [
    nested(1, original.written),
    nested(2, reply.written),
    ...(has.status ? [attribute(3, be(4, status))] : []),
    ...(has.state ? [nested(4, [nested(random.pick([1, 2, 3]), [attribute(1, [state]), attribute(2, [9])])])] : []),
    ...(has.timeout ? [attribute(7, be(4, timeout))] : []),
    ...(has.mark ? [attribute(8, be(4, mark))] : []),
    ...(has.zone ? [attribute(18, be(2, zone))] : []),
    ...(random.chance(0.3) ? [attribute(random.pick([5, 12, 25, 60, 0x3fff]), Array(random.below(9)).fill(0xaa))] : []),
  ];
  const flow = {
    family: isV4 ? 2 : 10,
    status: has.status ? status : 0,
    ...(has.timeout && { timeoutSeconds: timeout }),
    ...(has.state && { state }),
    original: original.tuple,
    reply: reply.tuple,
  };
  return { written: message(NEW, 2, SEQUENCE, [isV4 ? 2 : 10, 0, 0, 0, ...shuffled(random, parts).flat()]), flow };
}

function describedTuple(random: Random, isV4: boolean, isIcmp: boolean) {
  const address = () => Array.from({ length: isV4 ? 4 : 16 }, () => random.below(256));
  const [source, destination, protocol] = [address(), address(), random.below(256)];
  const [a, b, c] = [random.unsigned(16), random.unsigned(16), random.below(256)];
  const zone = random.chance(0.1) ? [attribute(3, be(2, random.unsigned(16)))] : [];
  const ports = isIcmp
    ? isV4
      ? [attribute(4, be(2, a)), attribute(5, [c]), attribute(6, [1])]
      : [attribute(7, be(2, a)), attribute(8, [c]), attribute(9, [1])]
    : [attribute(2, be(2, a)), attribute(3, be(2, b))];
  const written = shuffled(random, [
    nested(1, [attribute(isV4 ? 1 : 3, source), attribute(isV4 ? 2 : 4, destination)]),
    nested(2, shuffled(random, [attribute(1, [protocol]), ...ports])),
    ...zone,
  ]);
  const said = isIcmp ? {} : { sourcePort: a, destinationPort: b };
  const text = (bytes: readonly number[]) =>
    isV4
      ? bytes.join('.')
      : new URL(`http://[${Buffer.from(bytes).toString('hex').match(/.{4}/g)!.join(':')}]`).hostname.slice(1, -1);
  return {
    written,
    tuple: { source: text(source), destination: text(destination), protocol, ...said },
  };
}

function shuffled<T>(random: Random, values: readonly T[]): T[] {
  if (random.chance(0.7)) return [...values]; // In the kernel's order, so that a layout fits the next flow too.
  return values
    .map((value) => ({ value, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

/** What the decoder under test makes of a datagram, up to where it refuses to go on. */
function decoded(datagram: DataView) {
  const batch = new FlowBatch(SEQUENCE);
  const flows: PlainFlow[] = [];
  let isRefused = false;
  try {
    flows.push(...flowsOf(datagram, batch));
  } catch (error) {
    if (!(error instanceof RangeError) || !/^Cannot decode .* at byte \d+/.test(error.message)) throw error;
    isRefused = true;
  }
  return {
    flows: isRefused ? [] : flows,
    isRefused,
    end: isRefused ? undefined : batch.end,
    isIncomplete: !isRefused && batch.isIncomplete,
  };
}

/** Datagrams of up to six flows: as they are against what was written, and mutated against a decoder that is plain and slow. */
export const FLOW_DUMP: Subject = {
  name: 'flow-dump',
  invariant: 'a flow says what its bytes say, or the datagram is refused with the byte where it is wrong',
  run(random) {
    const described = Array.from({ length: random.below(6) }, () => describedFlow(random));
    const end = random.chance(0.3) ? [message(3, 2, SEQUENCE, be(4, 0))] : [];
    const bytes = datagramOf([...described.map(({ written }) => written), ...end]);
    const whole = decoded(new DataView(bytes.buffer));
    holdEqual(
      whole.flows,
      described.map(({ flow }) => flow),
      () => 'flows as they were written',
    );
    const mutated = mutatedBytes(random, bytes);
    holdEqual(decoded(new DataView(mutated.buffer)), decodeFlows(Buffer.from(mutated), SEQUENCE), () =>
      Buffer.from(mutated).toString('hex'),
    );
  },
};

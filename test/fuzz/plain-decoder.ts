/**
 * ctnetlink once more, written from the kernel's headers without a look at speed: what the decoders of the agent are
 * compared with. Anything that does not fit is an exception.
 */
import type { PlainFlow } from '../netlink/flow-frames.ts';

type Part = { readonly type: number; readonly bytes: Buffer };

class Malformed extends Error {}

function expect(isRight: boolean): void {
  if (!isRight) throw new Malformed();
}

function parts(bytes: Buffer): Part[] {
  const found: Part[] = [];
  for (let rest = bytes; rest.length > 0; ) {
    expect(rest.length >= 4);
    const length = rest.readUInt16LE(0);
    expect(length >= 4 && length <= rest.length);
    found.push({ type: rest.readUInt16LE(2) & 0x3fff, bytes: rest.subarray(4, length) });
    rest = rest.subarray(length + ((4 - (length % 4)) % 4));
  }
  return found;
}

type Message = { readonly type: number; readonly flags: number; readonly sequence: number; readonly payload: Buffer };

function* messagesOf(datagram: Buffer): Generator<Message> {
  for (let rest = datagram; rest.length > 0; ) {
    expect(rest.length >= 16);
    const length = rest.readUInt32LE(0);
    expect(length >= 16 && length <= rest.length);
    yield {
      type: rest.readUInt16LE(4),
      flags: rest.readUInt16LE(6),
      sequence: rest.readUInt32LE(8),
      payload: rest.subarray(16, length),
    };
    rest = rest.subarray(length + ((4 - (length % 4)) % 4));
  }
}

function errnoOf(payload: Buffer): number {
  expect(payload.length >= 4);
  const code = payload.readInt32LE(0);
  expect(code <= 0);
  return code === 0 ? 0 : -code;
}

function headOf(payload: Buffer): { family: number; resource: number; rest: Buffer } {
  expect(payload.length >= 4 && payload[1] === 0);
  return { family: payload[0]!, resource: payload.readUInt16BE(2), rest: payload.subarray(4) };
}

function numberOf({ bytes }: Part, size: 1 | 2 | 4): number {
  expect(bytes.length === size);
  return bytes.readUIntBE(0, size);
}

type Tuple = PlainFlow['original'];
type TupleParts = { v4: (Buffer | undefined)[]; v6: (Buffer | undefined)[]; numbers: Record<string, number> };

const emptyTuple = (): TupleParts => ({ v4: [undefined, undefined], v6: [undefined, undefined], numbers: {} });

const PROTO: Readonly<Record<number, readonly [name: string, size: 1 | 2]>> = {
  1: ['protocol', 1],
  2: ['sourcePort', 2],
  3: ['destinationPort', 2],
};

function addTuple(tuple: TupleParts, bytes: Buffer): void {
  for (const part of parts(bytes)) {
    if (part.type === 1) for (const address of parts(part.bytes)) addAddress(tuple, address);
    if (part.type === 2) {
      for (const number of parts(part.bytes)) {
        const [name, size] = PROTO[number.type] ?? [];
        if (name !== undefined) tuple.numbers[name] = numberOf(number, size!);
      }
    }
    if (part.type === 3) numberOf(part, 2);
  }
}

function addAddress(tuple: TupleParts, { type, bytes }: Part): void {
  if (type < 1 || type > 4) return;
  const [addresses, size] = type <= 2 ? [tuple.v4, 4] : [tuple.v6, 16];
  expect(bytes.length === size);
  addresses[(type - 1) % 2] = bytes;
}

/** The last word of an address is where one of IPv4 is; the family, not the attribute, says how it is written. */
function textOf(family: number, v4: Buffer | undefined, v6: Buffer | undefined): string {
  const bytes = v6 ?? Buffer.concat([Buffer.alloc(12), v4 ?? Buffer.alloc(4)]);
  if (family === 2) return [...bytes.subarray(12)].join('.');
  return new URL(`http://[${bytes.toString('hex').match(/.{4}/g)!.join(':')}]`).hostname.slice(1, -1);
}

function tupleOf(family: number, { v4, v6, numbers }: TupleParts): Tuple {
  const isWhole = [v4, v6].some(([source, destination]) => source !== undefined && destination !== undefined);
  expect(isWhole && numbers['protocol'] !== undefined);
  const source = textOf(family, v4[0], v6[0]);
  const destination = textOf(family, v4[1], v6[1]);
  const { protocol, ...others } = numbers;
  const names = ['sourcePort', 'destinationPort'].filter((name) => name in others);
  const told = Object.fromEntries(names.map((name) => [name, others[name]!]));
  return { source, destination, protocol: protocol!, ...told };
}

function flowOf(payload: Buffer): PlainFlow {
  const { family, rest } = headOf(payload);
  const tuples = [emptyTuple(), emptyTuple()];
  let status = 0;
  let timeout: number | undefined;
  let state: number | undefined;
  for (const part of parts(rest)) {
    if (part.type === 1 || part.type === 2) addTuple(tuples[part.type - 1]!, part.bytes);
    if (part.type === 3) status = numberOf(part, 4) | 0;
    if (part.type === 4) for (const own of parts(part.bytes)) state = stateOf(own) ?? state;
    if (part.type === 7) timeout = numberOf(part, 4);
    if (part.type === 18) numberOf(part, 2);
  }
  const told = { ...(timeout !== undefined && { timeoutSeconds: timeout }), ...(state !== undefined && { state }) };
  return { family, status, ...told, original: tupleOf(family, tuples[0]!), reply: tupleOf(family, tuples[1]!) };
}

function stateOf({ type, bytes }: Part): number | undefined {
  if (type < 1 || type > 3) return undefined;
  return parts(bytes).reduce<number | undefined>(
    (last, part) => (part.type === 1 ? numberOf(part, 1) : last),
    undefined,
  );
}

const REFUSED = { flows: [], isRefused: true, end: undefined, isIncomplete: false };

/** All flows of a datagram that answers one dump. */
export function decodeFlows(datagram: Buffer, sequence: number) {
  const flows: PlainFlow[] = [];
  let isIncomplete = false;
  try {
    for (const { type, flags, sequence: own, payload } of messagesOf(datagram)) {
      expect(own === sequence);
      isIncomplete ||= (flags & 0x10) !== 0 || type === 4;
      if (type === 0x0100) flows.push(flowOf(payload));
      else if (type === 2 || type === 3) {
        const end = { kind: type === 3 ? 'done' : 'error', errno: errnoOf(payload) };
        return { flows, isRefused: false, end, isIncomplete };
      }
    }
  } catch (error) {
    if (error instanceof Malformed) return REFUSED;
    throw error;
  }
  return { flows, isRefused: false, end: undefined, isIncomplete };
}

const COUNTERS: Readonly<Record<number, string>> = {
  2: 'found',
  4: 'invalid',
  9: 'insert_failed',
  10: 'drop',
  11: 'early_drop',
  12: 'icmp_error',
  13: 'search_restart',
  14: 'clashres',
  15: 'chainlength',
};

/** Counters by CPU, ascending, of the datagrams of one answer; undefined where it is not a whole and right one. */
export function decodeCounters(datagrams: readonly Buffer[], sequence: number): [string, number][][] | undefined {
  const cpus = new Map<number, [string, number][]>();
  try {
    for (const datagram of datagrams) {
      for (const { type, flags, sequence: own, payload } of messagesOf(datagram)) {
        if (type === 1) continue;
        if (type === 3) {
          const errno = errnoOf(payload);
          expect(own === sequence && (flags & 0x10) === 0 && errno === 0 && cpus.size > 0);
          return [...cpus].sort(([a], [b]) => a - b).map(([, row]) => row);
        }
        expect(own === sequence && (flags & 0x10) === 0 && type !== 2 && type !== 4);
        if (type !== 0x0104) continue;
        const { resource, rest } = headOf(payload);
        expect(!cpus.has(resource));
        const row = new Map(
          parts(rest)
            .filter((part) => COUNTERS[part.type])
            .map((part) => [COUNTERS[part.type]!, numberOf(part, 4)]),
        );
        cpus.set(resource, [...row]);
      }
    }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
  }
  return undefined;
}

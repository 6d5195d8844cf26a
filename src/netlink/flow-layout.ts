import { CTA, CTA_IP, CTA_PROTO, CTA_PROTOINFO, CTA_PROTOINFO_STATE, CTA_TUPLE, NFGENMSG_BYTES } from './constants.ts';
import { attributes, decodeNfgenmsg } from './messages.ts';

/** In place of the offset of what the kernel did not send. */
export const NO_SLOT = -1;

/** Byte offsets of payloads, counted from the start of their message's payload, or NO_SLOT. */
export type TupleOffsets = {
  source4: number;
  source6: number;
  destination4: number;
  destination6: number;
  protocol: number;
  sourcePort: number;
  destinationPort: number;
  zone: number;
};

export type FlowOffsets = {
  readonly original: TupleOffsets;
  readonly reply: TupleOffsets;
  status: number;
  state: number;
  timeout: number;
  zone: number;
};

/** What an attribute holds: a number of so many bytes that has a place in the offsets, or more attributes. */
type Content =
  | { readonly bytes: number; readonly keep: (offsets: FlowOffsets, at: number) => void }
  | { readonly nest: Nest };
type Nest = ReadonlyMap<number, Content>;

/** Where the parts of one flow message lie, good for every message whose headers are the same. */
export class FlowLayout {
  readonly family: number;
  readonly offsets: FlowOffsets;
  readonly #bytes: number;
  /** Place (in words of the payload) and value of all that decides where the parts lie: nfgenmsg, attribute headers. */
  readonly #headerAt: readonly number[]; // Plain arrays: V8 reads them in half the time of a typed one.
  readonly #headers: readonly number[];

  /**
   * Walks the attributes of a flow message, given where its payload lies (net/netfilter/nf_conntrack_netlink.c,
   * ctnetlink_fill_info). Those of no use to us, and those of a newer kernel, are skipped.
   * @throws RangeError at a length that does not fit, and where a tuple lacks an address or its protocol
   */
  constructor(datagram: DataView, from: number, to: number) {
    this.family = decodeNfgenmsg(datagram, from, to).family;
    const numbers = { status: NO_SLOT, state: NO_SLOT, timeout: NO_SLOT, zone: NO_SLOT };
    this.offsets = { original: emptyTuple(), reply: emptyTuple(), ...numbers };
    const headerAt = [0];
    const walk = (nest: Nest, start: number, end: number) => {
      for (const attribute of attributes(datagram, start, end)) {
        headerAt.push(attribute.from - 4 - from);
        const content = nest.get(attribute.type);
        if (content === undefined) continue;
        if ('nest' in content) walk(content.nest, attribute.from, attribute.to);
        else content.keep(this.offsets, placeOf(attribute, content.bytes) - from);
      }
    };
    walk(FLOW, from + NFGENMSG_BYTES, to);
    for (const tuple of [this.offsets.original, this.offsets.reply]) {
      if (!isWhole(tuple))
        throw new RangeError(`Cannot decode flow at byte ${from}: a tuple lacks address or protocol`);
    }
    this.#bytes = to - from;
    const words = new Int32Array(datagram.buffer, datagram.byteOffset, datagram.byteLength >> 2);
    this.#headerAt = headerAt.map((at) => at >> 2);
    this.#headers = this.#headerAt.map((at) => words[(from >> 2) + at]!);
  }

  /**
   * Whether a message has the same headers in the same places: walking it would come to the same layout.
   * @param words the datagram; its messages and their attributes are all at multiples of four
   */
  fits(words: Int32Array, from: number, to: number): boolean {
    if (to - from !== this.#bytes) return false;
    const first = from >> 2;
    const headerAt = this.#headerAt;
    const headers = this.#headers;
    for (let i = 0; i < headers.length; i += 1) {
      if (words[first + headerAt[i]!] !== headers[i]) return false;
    }
    return true;
  }
}

function emptyTuple(): TupleOffsets {
  return {
    source4: NO_SLOT,
    source6: NO_SLOT,
    destination4: NO_SLOT,
    destination6: NO_SLOT,
    protocol: NO_SLOT,
    sourcePort: NO_SLOT,
    destinationPort: NO_SLOT,
    zone: NO_SLOT,
  };
}

function isWhole({ source4, source6, destination4, destination6, protocol }: TupleOffsets): boolean {
  const isV4 = source4 !== NO_SLOT && destination4 !== NO_SLOT;
  return (isV4 || (source6 !== NO_SLOT && destination6 !== NO_SLOT)) && protocol !== NO_SLOT;
}

function placeOf({ type, from, to }: { type: number; from: number; to: number }, bytes: number): number {
  if (to - from === bytes) return from;
  throw new RangeError(`Cannot decode attribute ${type} at byte ${from}: ${to - from} bytes, wanted ${bytes}`);
}

function tupleNest(direction: 'original' | 'reply'): Content {
  const number = (field: keyof TupleOffsets, bytes: number): Content => ({
    bytes,
    keep: (offsets, at) => {
      offsets[direction][field] = at;
    },
  });
  const addresses: Nest = new Map([
    [CTA_IP.V4_SRC, number('source4', 4)],
    [CTA_IP.V4_DST, number('destination4', 4)],
    [CTA_IP.V6_SRC, number('source6', 16)],
    [CTA_IP.V6_DST, number('destination6', 16)],
  ]);
  const ports: Nest = new Map([
    [CTA_PROTO.NUM, number('protocol', 1)],
    [CTA_PROTO.SRC_PORT, number('sourcePort', 2)],
    [CTA_PROTO.DST_PORT, number('destinationPort', 2)],
  ]);
  return {
    nest: new Map([
      [CTA_TUPLE.IP, { nest: addresses }],
      [CTA_TUPLE.PROTO, { nest: ports }],
      [CTA_TUPLE.ZONE, number('zone', 2)],
    ]),
  };
}

function flowNumber(field: Exclude<keyof FlowOffsets, 'original' | 'reply'>, bytes: number): Content {
  return {
    bytes,
    keep: (offsets, at) => {
      offsets[field] = at;
    },
  };
}

/** A flow has one protocol, so one of the three nests, and each of them begins with the state. */
const STATE: Content = { nest: new Map([[CTA_PROTOINFO_STATE, flowNumber('state', 1)]]) };

const FLOW: Nest = new Map([
  [CTA.TUPLE_ORIG, tupleNest('original')],
  [CTA.TUPLE_REPLY, tupleNest('reply')],
  [CTA.STATUS, flowNumber('status', 4)],
  [
    CTA.PROTOINFO,
    { nest: new Map([CTA_PROTOINFO.TCP, CTA_PROTOINFO.DCCP, CTA_PROTOINFO.SCTP].map((p) => [p, STATE])) },
  ],
  [CTA.TIMEOUT, flowNumber('timeout', 4)],
  [CTA.ZONE, flowNumber('zone', 2)],
]);

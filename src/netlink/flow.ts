import { IPCTNL_MSG_CT_GET, IPCTNL_MSG_CT_NEW, NFNL_SUBSYS_CTNETLINK } from './constants.ts';
import { FlowLayout, NO_SLOT, type TupleOffsets } from './flow-layout.ts';
import { encodeDumpRequest } from './messages.ts';

/** What a number reads as that the kernel did not send: absent is not zero. None of them is negative otherwise. */
export const ABSENT = -1;

/** Where the flow lies that is being looked at: one object for the flow and both its tuples, moved from flow to flow. */
export class FlowPlace {
  datagram: DataView = new DataView(new ArrayBuffer(0));
  /** Byte offset of the message's payload. */
  from = 0;
  /** Fits that message. Not there before the first flow. */
  layout!: FlowLayout;
}

/** One direction of a flow as its packets carry it. Read from the datagram at each call. */
export class FlowTuple {
  readonly #place: FlowPlace;
  readonly #direction: 'original' | 'reply';

  constructor(place: FlowPlace, direction: 'original' | 'reply') {
    this.#place = place;
    this.#direction = direction;
  }

  /** A 32-bit word of the address, signed: 0 is the most significant, and an IPv4 address is word 3, the others 0. */
  sourceWord(word: number): number {
    const { source4, source6 } = this.#offsets;
    return this.#word(source4, source6, word);
  }

  destinationWord(word: number): number {
    const { destination4, destination6 } = this.#offsets;
    return this.#word(destination4, destination6, word);
  }

  /** IPPROTO_ number, include/uapi/linux/in.h. Never ABSENT: a flow without it has no layout. */
  get protocol(): number {
    const { datagram, from } = this.#place;
    return datagram.getUint8(from + this.#offsets.protocol);
  }

  /** Of TCP, UDP, UDP-Lite, SCTP and DCCP the port, of GRE the key, of the other protocols ABSENT. */
  get sourcePort(): number {
    return this.#unsigned16(this.#offsets.sourcePort);
  }

  get destinationPort(): number {
    return this.#unsigned16(this.#offsets.destinationPort);
  }

  /**
   * Conntrack zone of this direction: that of the flow, or of the tuple where the other direction has another; 0 by default
   * (net/netfilter/nf_conntrack_netlink.c, ctnetlink_dump_zone_id).
   */
  get zone(): number {
    const { datagram, from, layout } = this.#place;
    const own = this.#offsets.zone;
    const offset = own === NO_SLOT ? layout.offsets.zone : own;
    return offset === NO_SLOT ? 0 : datagram.getUint16(from + offset);
  }

  get #offsets(): TupleOffsets {
    const { offsets } = this.#place.layout;
    return this.#direction === 'original' ? offsets.original : offsets.reply;
  }

  #word(offset4: number, offset6: number, word: number): number {
    const { datagram, from } = this.#place;
    if (offset6 !== NO_SLOT) return datagram.getInt32(from + offset6 + 4 * word);
    return word === 3 ? datagram.getInt32(from + offset4) : 0;
  }

  #unsigned16(offset: number): number {
    return offset === NO_SLOT ? ABSENT : this.#place.datagram.getUint16(this.#place.from + offset);
  }
}

/**
 * An entry of the table, read from the datagram when asked: what it says is good until its place is moved to the next
 * flow of the dump, so copy what is to be kept.
 */
export class Flow {
  readonly original: FlowTuple;
  readonly reply: FlowTuple;
  readonly #place: FlowPlace;

  constructor(place: FlowPlace) {
    this.#place = place;
    this.original = new FlowTuple(place, 'original');
    this.reply = new FlowTuple(place, 'reply');
  }

  /** AF_INET 2 or AF_INET6 10. */
  get family(): number {
    return this.#place.layout.family;
  }

  /** Bits of IPS. */
  get status(): number {
    const { datagram, from, layout } = this.#place;
    return layout.offsets.status === NO_SLOT ? 0 : datagram.getInt32(from + layout.offsets.status);
  }

  /** What is left of it. ABSENT while the flow is offloaded to a flow table. */
  get timeoutSeconds(): number {
    const { datagram, from, layout } = this.#place;
    return layout.offsets.timeout === NO_SLOT ? ABSENT : datagram.getUint32(from + layout.offsets.timeout);
  }

  /**
   * State of TCP (enum tcp_conntrack), SCTP (enum sctp_conntrack) or DCCP (enum ct_dccp_states). ABSENT for the other
   * protocols, and while the flow is offloaded.
   */
  get state(): number {
    const { datagram, from, layout } = this.#place;
    return layout.offsets.state === NO_SLOT ? ABSENT : datagram.getUint8(from + layout.offsets.state);
  }
}

/** Type of each message of the answer: the subsystem in the high byte, the message in the low one. */
export const FLOW_MESSAGE = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_NEW;
const FLOW_REQUEST = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_GET;

/** A power of two. A table has about ten layouts that differ in length, and lengths are multiples of four. */
const KEPT_LAYOUTS = 256;

/** The datagram that asks for every flow of every family; the kernel repeats `sequence` in each message of its answer. */
export function encodeFlowDump(sequence: number): Uint8Array {
  return encodeDumpRequest(FLOW_REQUEST, sequence);
}

/**
 * Finds the parts of flow messages. A dump repeats a few layouts a million times: each is walked once, and after that comparing a
 * message's headers with those of the last one of its length tells where everything lies, without a look at what is not
 * asked for.
 */
export class FlowLayouts {
  readonly #layouts: (FlowLayout | undefined)[] = Array.from({ length: KEPT_LAYOUTS }, () => undefined);

  /**
   * Where the parts of one FLOW_MESSAGE lie, given where its payload lies.
   * @param words the datagram once more
   * @throws RangeError at a length that does not fit, and where a tuple lacks an address or its protocol
   */
  layoutOf(datagram: DataView, words: Int32Array, from: number, to: number): FlowLayout {
    const index = ((to - from) >> 2) & (KEPT_LAYOUTS - 1);
    const kept = this.#layouts[index];
    if (kept?.fits(words, from, to)) return kept;
    const layout = new FlowLayout(datagram, from, to);
    this.#layouts[index] = layout;
    return layout;
  }
}

import {
  HOST_IS_LITTLE,
  NFGENMSG_BYTES,
  NFNETLINK_V0,
  NLA_HEADER_BYTES,
  NLA_TYPE_MASK,
  NLM_F,
  NLMSG,
  NLMSG_HEADER_BYTES,
} from './constants.ts';

/** What every message of a reply carries. */
type Header = {
  /** The number of the request that is being answered. */
  readonly sequence: number;
  /** NLM_F_DUMP_INTR: what is being dumped changed meanwhile, so parts may be missing or there twice. */
  readonly interrupted: boolean;
};

/** One message of a datagram. Offsets count from the start of the datagram. */
type NetlinkMessage =
  | (Header & {
      readonly kind: 'data';
      readonly type: number;
      readonly from: number;
      readonly to: number;
    })
  /** NLMSG_ERROR ends a request, NLMSG_DONE a dump; errno is positive, 0 when all went well. */
  | (Header & { readonly kind: 'error' | 'done'; readonly errno: number })
  /** NLMSG_OVERRUN: the kernel had to drop part of the reply. */
  | (Header & { readonly kind: 'overrun' });

/**
 * Messages (struct nlmsghdr, include/uapi/linux/netlink.h) of one datagram.
 * @throws RangeError at a length that does not fit
 */
export function* messages(datagram: DataView): Generator<NetlinkMessage> {
  for (let at = 0; at < datagram.byteLength; ) {
    const end = at + messageLength(datagram, at);
    const type = datagram.getUint16(at + 4, HOST_IS_LITTLE);
    const flags = datagram.getUint16(at + 6, HOST_IS_LITTLE);
    const header = {
      sequence: datagram.getUint32(at + 8, HOST_IS_LITTLE),
      interrupted: (flags & NLM_F.DUMP_INTR) !== 0,
    };
    const from = at + NLMSG_HEADER_BYTES;
    if (type === NLMSG.ERROR) yield { ...header, kind: 'error', errno: errnoAt(datagram, from, end) };
    else if (type === NLMSG.DONE) yield { ...header, kind: 'done', errno: errnoAt(datagram, from, end) };
    else if (type === NLMSG.OVERRUN) yield { ...header, kind: 'overrun' };
    else if (type !== NLMSG.NOOP) {
      yield { ...header, kind: 'data', type, from, to: end };
    }
    at = align4(end);
  }
}

/** Bytes of the message that begins at `at` (struct nlmsghdr), header included. @throws RangeError where they do not fit. */
export function messageLength(datagram: DataView, at: number): number {
  const left = datagram.byteLength - at;
  if (left < NLMSG_HEADER_BYTES) {
    throw new RangeError(
      `Cannot decode message at byte ${at}: ${left} bytes are left, its header takes ${NLMSG_HEADER_BYTES}`,
    );
  }
  const length = datagram.getUint32(at, HOST_IS_LITTLE);
  if (length < NLMSG_HEADER_BYTES || length > left) {
    throw new RangeError(`Cannot decode message at byte ${at}: its length is ${length}, ${left} bytes are left`);
  }
  return length;
}

/** The kernel writes 0 or the negative errno; a positive one would be neither (struct nlmsgerr, netlink_dump_done). */
export function errnoAt(datagram: DataView, from: number, to: number): number {
  if (to - from < 4) {
    throw new RangeError(`Cannot decode error code at byte ${from}: ${to - from} bytes are left, wanted 4`);
  }
  const code = datagram.getInt32(from, HOST_IS_LITTLE);
  if (code > 0) throw new RangeError(`Cannot decode error code at byte ${from}: it is ${code}, wanted 0 or less`);
  return code === 0 ? 0 : -code;
}

/** Where an attribute's payload lies. Offsets count from the start of the datagram, and so do those in error messages. */
type Attribute = { readonly type: number; readonly from: number; readonly to: number };

/**
 * Attributes (struct nlattr, include/uapi/linux/netlink.h) between two byte offsets of a datagram.
 * @throws RangeError at a length that does not fit
 */
export function* attributes(datagram: DataView, from: number, to: number): Generator<Attribute> {
  for (let at = from; at < to; ) {
    if (to - at < NLA_HEADER_BYTES) {
      throw new RangeError(
        `Cannot decode attribute at byte ${at}: ${to - at} bytes are left, its header takes ${NLA_HEADER_BYTES}`,
      );
    }
    const length = datagram.getUint16(at, HOST_IS_LITTLE);
    if (length < NLA_HEADER_BYTES || at + length > to) {
      throw new RangeError(`Cannot decode attribute at byte ${at}: its length is ${length}, ${to - at} bytes are left`);
    }
    const type = datagram.getUint16(at + 2, HOST_IS_LITTLE) & NLA_TYPE_MASK;
    yield { type, from: at + NLA_HEADER_BYTES, to: at + length };
    at += align4(length);
  }
}

/** The payloads ctnetlink puts into attributes are big-endian, whatever the host. */
export function unsigned32(datagram: DataView, { type, from, to }: Attribute): number {
  if (to - from !== 4) {
    throw new RangeError(`Cannot decode attribute ${type} at byte ${from}: ${to - from} bytes, wanted 4`);
  }
  return datagram.getUint32(from);
}

/** NLMSG_ALIGN and NLA_ALIGN: headers start at multiples of four, the padding is not part of the length. */
export function align4(length: number): number {
  return (length + 3) & ~3;
}

/** The datagram that asks for a whole dump; the kernel repeats `sequence` in each message of its answer. */
export function encodeDumpRequest(type: number, sequence: number): Uint8Array {
  const bytes = new Uint8Array(NLMSG_HEADER_BYTES + NFGENMSG_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, HOST_IS_LITTLE);
  view.setUint16(4, type, HOST_IS_LITTLE);
  view.setUint16(6, NLM_F.REQUEST | NLM_F.DUMP, HOST_IS_LITTLE);
  view.setUint32(8, sequence, HOST_IS_LITTLE);
  view.setUint8(NLMSG_HEADER_BYTES + 1, NFNETLINK_V0);
  return bytes;
}

/** Head of every netfilter message (struct nfgenmsg, include/uapi/linux/netfilter/nfnetlink.h). */
type Nfgenmsg = {
  /** AF_UNSPEC 0, AF_INET 2, AF_INET6 10. */
  readonly family: number;
  /** `res_id`, big-endian; in a statistics dump the CPU. */
  readonly resourceId: number;
};

/** Reads the head between two byte offsets of a datagram; the attributes begin NFGENMSG_BYTES after `from`. */
export function decodeNfgenmsg(datagram: DataView, from: number, to: number): Nfgenmsg {
  if (to - from < NFGENMSG_BYTES) {
    throw new RangeError(`Cannot decode nfgenmsg at byte ${from}: ${to - from} bytes, wanted ${NFGENMSG_BYTES}`);
  }
  const version = datagram.getUint8(from + 1);
  if (version !== NFNETLINK_V0) {
    throw new RangeError(`Cannot decode nfgenmsg at byte ${from}: version ${version}, wanted ${NFNETLINK_V0}`);
  }
  return { family: datagram.getUint8(from), resourceId: datagram.getUint16(from + 2) };
}

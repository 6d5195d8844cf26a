import { HOST_IS_LITTLE, NLA_HEADER_BYTES, NLA_TYPE_MASK } from './constants.ts';

/** Where an attribute's payload lies. Offsets count from the start of the datagram, and so do those in error messages. */
export type Attribute = { readonly type: number; readonly from: number; readonly to: number };

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

import { align4 } from './attributes.ts';
import { HOST_IS_LITTLE, NLM_F, NLMSG, NLMSG_HEADER_BYTES } from './constants.ts';

/** What every message of a reply carries. */
type Header = {
  /** The number of the request that is being answered. */
  readonly sequence: number;
  /** NLM_F_DUMP_INTR: what is being dumped changed meanwhile, so parts may be missing or there twice. */
  readonly interrupted: boolean;
};

/** One message of a datagram. Offsets count from the start of the datagram. */
export type NetlinkMessage =
  | (Header & {
      readonly kind: 'data';
      readonly type: number;
      /** NLM_F_MULTI: more messages follow, up to a `done`. */
      readonly multi: boolean;
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
      yield { ...header, kind: 'data', type, multi: (flags & NLM_F.MULTI) !== 0, from, to: end };
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

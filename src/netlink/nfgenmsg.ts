import { NFGENMSG_BYTES, NFNETLINK_V0 } from './constants.ts';

/** Head of every netfilter message (struct nfgenmsg, include/uapi/linux/netfilter/nfnetlink.h). */
export type Nfgenmsg = {
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

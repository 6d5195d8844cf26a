import { HOST_IS_LITTLE, NFGENMSG_BYTES, NFNETLINK_V0, NLM_F, NLMSG_HEADER_BYTES } from './constants.ts';

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

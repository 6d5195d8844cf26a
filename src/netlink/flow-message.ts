import { IPCTNL_MSG_CT_GET, IPCTNL_MSG_CT_NEW, NFNL_SUBSYS_CTNETLINK } from './constants.ts';
import { encodeDumpRequest } from './dump-request.ts';
import { FlowLayout } from './flow-layout.ts';

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

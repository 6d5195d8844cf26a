import { HOST_IS_LITTLE, NLM_F, NLMSG, NLMSG_HEADER_BYTES } from './constants.ts';
import { FLOW_MESSAGE, Flow, FlowLayouts, FlowPlace } from './flow.ts';
import { align4, errnoAt, messageLength } from './messages.ts';

/** The word of struct nlmsghdr that holds type and flags, 16 bits each, in the order of the host's memory. */
const typeWord = (type: number) => (HOST_IS_LITTLE ? type : type << 16);
const TYPE_MASK = typeWord(0xffff);
const FLOW_TYPE = typeWord(FLOW_MESSAGE);
const INTERRUPTED = HOST_IS_LITTLE ? NLM_F.DUMP_INTR << 16 : NLM_F.DUMP_INTR;

/** How a dump ended: errno is positive, 0 when all went well. */
export type DumpEnd = { readonly kind: 'done' | 'error'; readonly errno: number };

/**
 * The answer to one dump, walked flow by flow through one object:
 * `batch.open(datagram); while (batch.next()) use(batch.flow);`, datagram after datagram until there is an `end`.
 */
export class FlowBatch {
  readonly flow: Flow;
  readonly #place = new FlowPlace();
  readonly #layouts = new FlowLayouts();
  readonly #sequence: number;
  #words = new Int32Array(0);
  #at = 0;
  #end: DumpEnd | undefined;
  #isIncomplete = false;

  /** @param sequence the number of the request; a message with another is an error */
  constructor(sequence: number) {
    this.#sequence = sequence;
    this.flow = new Flow(this.#place);
  }

  /** Undefined until the kernel has said that the dump is over. */
  get end(): DumpEnd | undefined {
    return this.#end;
  }

  /** NLM_F_DUMP_INTR or NLMSG_OVERRUN: the kernel says that parts are missing or there twice. */
  get isIncomplete(): boolean {
    return this.#isIncomplete;
  }

  /** nlmsg_pid of the message that the flow is in: 0 where a packet made its entry, else of the program that did. */
  get sender(): number {
    return this.#words[(this.#place.from >> 2) - 1]! >>> 0;
  }

  /** The next datagram, at a multiple of four in its buffer. Its bytes are to stay as they are until `next` is false. */
  open(datagram: DataView): void {
    this.#place.datagram = datagram;
    this.#words = new Int32Array(datagram.buffer as ArrayBuffer, datagram.byteOffset, datagram.byteLength >> 2);
    this.#at = 0;
  }

  /**
   * Whether there was one more flow in the datagram. Messages of other kinds are passed over.
   * @throws RangeError at a length that does not fit, and at a message that answers something else
   */
  next(): boolean {
    const place = this.#place;
    const { datagram } = place;
    while (this.#at < datagram.byteLength && this.#end === undefined) {
      const from = this.#at + NLMSG_HEADER_BYTES;
      const to = this.#openMessage();
      const type = this.#words[(this.#at >> 2) + 1]! & TYPE_MASK;
      this.#at = align4(to);
      if (type === FLOW_TYPE) {
        place.layout = this.#layouts.layoutOf(datagram, this.#words, from, to);
        place.from = from;
        return true;
      }
      if (type === typeWord(NLMSG.DONE)) this.#end = { kind: 'done', errno: errnoAt(datagram, from, to) };
      else if (type === typeWord(NLMSG.ERROR)) this.#end = { kind: 'error', errno: errnoAt(datagram, from, to) };
      else if (type === typeWord(NLMSG.OVERRUN)) this.#isIncomplete = true;
    }
    return false;
  }

  /** Checks the header of the message (struct nlmsghdr) and returns where it ends. */
  #openMessage(): number {
    const at = this.#at;
    const { datagram } = this.#place;
    const length = messageLength(datagram, at);
    const sequence = this.#words[(at >> 2) + 2]! >>> 0;
    if (sequence !== this.#sequence) {
      throw new RangeError(`Cannot decode message at byte ${at}: it answers ${sequence}, wanted ${this.#sequence}`);
    }
    if ((this.#words[(at >> 2) + 1]! & INTERRUPTED) !== 0) this.#isIncomplete = true;
    return at + length;
  }
}

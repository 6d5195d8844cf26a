import type { Socket } from 'node:net';

const LF = 0x0a;
const CR = 0x0d;
const NOTHING = Buffer.alloc(0);

export type RequestFeedOptions = {
  /** Most bytes that may wait behind the request being answered. */
  readonly waitingBytes: number;
  /** Whether a request on this connection is still to be answered. */
  readonly isBusy: () => boolean;
  /** More than `waitingBytes` is waiting. */
  readonly overrun: () => void;
};

/**
 * Gives Node's HTTP parser one request of a connection at a time, and the next one when that is answered. By itself the parser
 * makes requests and responses of all that a read brings before it looks at anything else, whether the socket was destroyed
 * meanwhile or not: 2,600 of them, and 16 MB, from one read of 64 KiB, and a hundred such connections run it out of memory.
 *
 * Node hands the bytes of a socket to `data` listeners, and the server's own is one of them: this takes its place and calls it.
 */
export class RequestFeed {
  readonly #socket: Socket;
  readonly #parse: (bytes: Buffer) => void;
  readonly #options: RequestFeedOptions;
  #waiting: Buffer = NOTHING;
  #isScheduled = false;
  #isClosing = false;
  /** The last byte given to the parser that was no CR was an LF: another one ends a request. */
  #isAtLineStart = false;

  /** For a socket that the HTTP server has just started to read. */
  constructor(socket: Socket, options: RequestFeedOptions) {
    const [parse, ...others] = socket.listeners('data') as ((bytes: Buffer) => void)[];
    if (parse === undefined || others.length > 0) {
      throw new Error('Cannot read requests one at a time: the HTTP server does not listen to the data of its sockets');
    }
    this.#socket = socket;
    this.#parse = parse;
    this.#options = options;
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.off('data', parse);
    socket.on('resume', () => this.next());
  }

  /** The client has sent more than the request that is being answered. */
  get isAhead(): boolean {
    return this.#waiting.length > 0;
  }

  /** The last request is answered. The next one waits for the event loop, as those of other connections do. */
  next(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#giveOne();
    });
  }

  /** Further data is discarded: the answer under way is the last one. */
  close(): void {
    this.#isClosing = true;
    this.#waiting = NOTHING;
  }

  #take(bytes: Buffer): void {
    if (this.#isClosing) return;
    const isFirst = this.#waiting.length === 0;
    this.#waiting = isFirst ? bytes : Buffer.concat([this.#waiting, bytes]);
    if (isFirst && !this.#isScheduled) this.#giveOne();
    if (this.#waiting.length > this.#options.waitingBytes) this.#options.overrun();
  }

  /** A destroyed socket's parser may already be another socket's, and a paused one must not be given anything. */
  #giveOne(): void {
    if (this.#socket.destroyed || this.#socket.isPaused() || this.#options.isBusy()) return;
    const end = this.#endOfRequest();
    const request = this.#waiting.subarray(0, end);
    this.#waiting = end === this.#waiting.length ? NOTHING : this.#waiting.subarray(end);
    this.#parse.call(this.#socket, request);
    this.next();
  }

  /** Where the head of a request ends, with a blank line, or what there is of it. Requests here have no body. */
  #endOfRequest(): number {
    const waiting = this.#waiting;
    let isAtLineStart = this.#isAtLineStart;
    let end = 0;
    let isEnded = false;
    while (end < waiting.length && !isEnded) {
      const byte = waiting[end];
      isEnded = byte === LF && isAtLineStart;
      if (byte !== CR) isAtLineStart = byte === LF;
      end += 1;
    }
    this.#isAtLineStart = isAtLineStart && !isEnded;
    return end;
  }
}

import { createRequire } from 'node:module';
import { constants } from 'node:os';
import type * as Koffi from 'koffi';
import { NETLINK_NETFILTER } from '../netlink/constants.ts';
import { OperatorError } from '../operator-error.ts';
import { brokenAnswer, ctnetlinkRefusal, OR_PROCFS } from './ctnetlink-error.ts';

const MUSL_ARCH: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };
export const LIBC_NAMES: readonly string[] = ['libc.so.6', `libc.musl-${MUSL_ARCH[process.arch] ?? process.arch}.so.1`];

// include/linux/socket.h and include/linux/net.h; the same on every architecture Node runs on.
const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const RECEIVE_FLAGS = MSG_DONTWAIT | MSG_TRUNC; // MSG_TRUNC: the result is the whole length even where it did not fit.

/** struct sockaddr_nl, include/uapi/linux/netlink.h: family u16, padding u16, port u32 (0 is the kernel), groups u32. */
const SOCKADDR_NL_BYTES = 12;
const SOCKADDR_NL_PORT = 1; // as an index of 32-bit words

/** A dump comes in batches of 32 KiB at most (net/netlink/af_netlink.c, netlink_recvmsg); a longer one is an error. */
export const RECEIVE_BYTES = 32 * 1024;

/** The four calls of libc a netlink socket takes, one in two forms, each -1 on failure with the reason in `errno()`. */
export type Libc = {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly send: (fd: number, bytes: Uint8Array, length: number, flags: number) => number;
  readonly recvfrom: (
    fd: number,
    into: Uint8Array,
    length: number,
    flags: number,
    sender: Uint32Array,
    senderBytes: Uint32Array,
  ) => number;
  /** The same call in a thread of the pool. `errno()` holds its reason while `done` runs, and no longer. */
  readonly recvfromAsync: (
    fd: number,
    into: Uint8Array,
    length: number,
    flags: number,
    sender: Uint32Array,
    senderBytes: Uint32Array,
    done: (failure: unknown, length: number) => void,
  ) => void;
  readonly close: (fd: number) => number;
  readonly errno: () => number;
};

/**
 * Loads koffi and libc, here and not at the top, so that an agent that never asks ctnetlink never pays for them.
 * @param resolveFrom the module that koffi is looked up from
 */
export function loadLibc(names: readonly string[] = LIBC_NAMES, resolveFrom: string = import.meta.url): Libc {
  const koffi = loadKoffi(resolveFrom);
  const library = firstLibrary(koffi, names);
  // koffi does not know the names size_t and ssize_t.
  const recvfrom = library.func('int64_t recvfrom(int, void *, uint64_t, int, void *, void *)');
  return {
    socket: library.func('int socket(int, int, int)'),
    send: library.func('int64_t send(int, const void *, uint64_t, int)'),
    recvfrom,
    recvfromAsync: recvfrom.async,
    close: library.func('int close(int)'),
    errno: () => koffi.errno(),
  };
}

function loadKoffi(resolveFrom: string): typeof Koffi {
  try {
    return createRequire(resolveFrom)('koffi');
  } catch (cause) {
    throw new OperatorError(`Cannot load "koffi": ${firstLine(cause)}`, {
      remedy: `Install the agent with its optional native packages for ${process.platform}-${process.arch}, ${OR_PROCFS}`,
      cause,
    });
  }
}

function firstLibrary(koffi: typeof Koffi, names: readonly string[]): Koffi.LibraryHandle {
  const failures: unknown[] = [];
  for (const name of names) {
    try {
      return koffi.load(name);
    } catch (cause) {
      failures.push(cause);
    }
  }
  const seen = names.map((name, i) => `${name}: ${firstLine(failures[i])}`).join('; ');
  throw new OperatorError(`Cannot load "libc": ${seen}`, {
    remedy: `Run the agent where the shared libc of its Node can be loaded, ${OR_PROCFS}`,
    cause: new AggregateError(failures),
  });
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n', 1)[0] ?? '';
}

export type SocketOptions = { readonly receiveBytes?: number; readonly buffer?: Uint8Array<ArrayBuffer> };

/**
 * One netlink socket to the netfilter of the network namespace it was opened in. No call waits for an answer, but `send`
 * runs the request in the kernel under the lock that every ctnetlink request takes (net/netfilter/nfnetlink.c,
 * nfnl_lock): while somebody else flushes a large table it takes as long as that (220,000 entries: 140 ms on Linux 6.18).
 */
export class CtnetlinkSocket {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #buffer: Uint8Array<ArrayBuffer>;
  readonly #sender = new Uint32Array(SOCKADDR_NL_BYTES / 4);
  readonly #senderBytes = new Uint32Array(1);
  #open = true;

  /** @param buffer room for one datagram, taken over until the socket is closed; else there is a new one */
  constructor(libc: Libc, { receiveBytes = RECEIVE_BYTES, buffer }: SocketOptions = {}) {
    this.#libc = libc;
    this.#buffer = buffer ?? new Uint8Array(receiveBytes);
    this.#fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    if (this.#fd < 0) throw ctnetlinkRefusal('open', libc.errno());
  }

  send(request: Uint8Array): void {
    const sent = this.#libc.send(this.#fd, request, request.length, MSG_DONTWAIT);
    if (sent < 0) throw ctnetlinkRefusal('ask', this.#libc.errno());
  }

  /**
   * The next datagram from the kernel, good until the next call overwrites it. A dump need not be waited for: the kernel
   * queues its first part during `send` and each further part while the one before is fetched.
   */
  receive(): DataView {
    this.#senderBytes[0] = SOCKADDR_NL_BYTES;
    const room = this.#buffer.length;
    const length = this.#libc.recvfrom(this.#fd, this.#buffer, room, RECEIVE_FLAGS, this.#sender, this.#senderBytes);
    return this.#received(length);
  }

  /**
   * As `receive`, but the kernel gathers the next part of the dump in another thread while the event loop goes on. One
   * call at a time, and no `close` before it has settled: the thread would read from whatever has the number by then.
   */
  receiveAsync(): Promise<DataView> {
    this.#senderBytes[0] = SOCKADDR_NL_BYTES;
    return new Promise((resolve, reject) => {
      const done = (failure: unknown, length: number) => {
        try {
          if (failure) throw failure;
          resolve(this.#received(length));
        } catch (problem) {
          reject(problem);
        }
      };
      const [buffer, sender, senderBytes] = [this.#buffer, this.#sender, this.#senderBytes];
      this.#libc.recvfromAsync(this.#fd, buffer, buffer.length, RECEIVE_FLAGS, sender, senderBytes, done);
    });
  }

  /** Judges what recvfrom returned; right after the call, while its errno is still there. */
  #received(length: number): DataView {
    const room = this.#buffer.length;
    if (length < 0) {
      const errno = this.#libc.errno();
      throw errno === constants.errno.EAGAIN ? brokenAnswer('no answer came') : ctnetlinkRefusal('hear from', errno);
    }
    if (length > room) throw brokenAnswer(`datagram of ${length} bytes, room for ${room}`);
    const port = this.#sender[SOCKADDR_NL_PORT];
    if (port !== 0) throw brokenAnswer(`datagram from port ${port}, wanted the kernel's 0`);
    return new DataView(this.#buffer.buffer, 0, length);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false; // A second close would hit whatever has the number by then.
    this.#libc.close(this.#fd);
  }
}

import { constants } from 'node:os';
import { HOST_IS_LITTLE, NETLINK_NETFILTER } from '../../netlink/constants.ts';
import { brokenAnswer, ctnetlinkRefusal } from './errors.ts';
import { type Libc, loadLibc, type NativeMemory, type NativePointer } from './libc.ts';

// include/linux/socket.h and include/linux/net.h; the same on every architecture Node runs on.
export const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
export const RECEIVE_FLAGS = MSG_DONTWAIT | MSG_TRUNC; // MSG_TRUNC: the result is the whole length even where it did not fit.

/** A dump comes in batches of 32 KiB at most (net/netlink/af_netlink.c, netlink_recvmsg); a longer one is an error. */
export const RECEIVE_BYTES = 32 * 1024;

/**
 * One netlink socket to the netfilter of the network namespace it was opened in. No call waits for an answer, but sending
 * runs the request in the kernel under the lock that every ctnetlink request takes (net/netfilter/nfnetlink.c,
 * nfnl_lock): while somebody else flushes a large table it takes as long as that (220,000 entries: 140 ms on Linux 6.18).
 * So it is done in another thread, where the event loop does not wait for it.
 */
export class CtnetlinkSocket {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #receiveBytes: number;
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  #open = true;
  #isSending = false;

  /** @param receiveBytes room for one datagram of `receive` */
  constructor(libc: Libc, { receiveBytes = RECEIVE_BYTES }: { readonly receiveBytes?: number } = {}) {
    this.#libc = libc;
    this.#receiveBytes = receiveBytes;
    this.#fd = openNetfilter(libc);
  }

  /** Resolves when the kernel has taken the request; one at a time. */
  sendAsync(request: Uint8Array): Promise<void> {
    if (!this.#open) return Promise.reject(ctnetlinkRefusal('ask', constants.errno.EBADF));
    this.#isSending = true;
    return new Promise((resolve, reject) => {
      const done = (failure: unknown, sent: number) => {
        const errno = this.#libc.errno();
        this.#isSending = false;
        if (!this.#open) this.#libc.close(this.#fd);
        if (failure) reject(failure);
        // Named here, the request is not collected while the thread reads it.
        else if (sent < request.length) reject(ctnetlinkRefusal('ask', errno));
        else resolve();
      };
      this.#libc.sendAsync(this.#fd, request, request.length, MSG_DONTWAIT, done);
    });
  }

  /**
   * The next datagram from the kernel, good until the next call overwrites it. A dump need not be waited for: the kernel
   * queues its first part while the request is sent and each further part while the one before is fetched.
   */
  receive(): DataView {
    this.#buffer ??= new Uint8Array(this.#receiveBytes);
    const [buffer, sender] = [this.#buffer, new Uint32Array(SOCKADDR_NL_BYTES / 4)];
    const senderBytes = Uint32Array.of(SOCKADDR_NL_BYTES);
    const bytes = this.#libc.recvfrom(this.#fd, buffer, buffer.length, RECEIVE_FLAGS, sender, senderBytes);
    if (bytes < 0) throw this.#refusal();
    return checked({ bytes, port: sender[SOCKADDR_NL_PORT]!, room: new DataView(buffer.buffer) });
  }

  /**
   * As `receive`, but in another thread while the event loop goes on, and as many datagrams as there are slots: each that
   * is fetched has the kernel gather the next part of the dump. They are good until the slots are used again. One call at
   * a time, and no `close` before it has settled: the thread would read from whatever has the number by then.
   */
  receiveManyAsync(slots: DatagramSlots, most = slots.count): Promise<readonly DataView[]> {
    return new Promise((resolve, reject) => {
      const done = (failure: unknown, count: number) => {
        try {
          if (failure) throw failure;
          if (count < 0) throw this.#refusal();
          resolve(slots.received(count).map(checked));
        } catch (problem) {
          reject(problem);
        }
      };
      this.#libc.recvmmsgAsync(this.#fd, slots.headers(), Math.min(most, slots.count), RECEIVE_FLAGS, null, done);
    });
  }

  /** Right after the call, while its errno is still there. */
  #refusal(): Error {
    const errno = this.#libc.errno();
    return errno === constants.errno.EAGAIN ? brokenAnswer('no answer came') : ctnetlinkRefusal('hear from', errno);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false; // A second close would hit whatever has the number by then.
    if (!this.#isSending) this.#libc.close(this.#fd); // Else the thread would send to that; it is closed afterwards.
  }
}

/** A descriptor of a new socket. */
export function openNetfilter(libc: Libc): number {
  const fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  if (fd < 0) throw ctnetlinkRefusal('open', libc.errno());
  return fd;
}

/** A datagram that is whole and the kernel's. */
export function checked({ bytes, port, room }: Received): DataView {
  if (bytes > room.byteLength) throw brokenAnswer(`datagram of ${bytes} bytes, room for ${room.byteLength}`);
  if (port !== 0) throw brokenAnswer(`datagram from port ${port}, wanted the kernel's 0`);
  return new DataView(room.buffer, room.byteOffset, bytes);
}

/** struct sockaddr_nl, include/uapi/linux/netlink.h: family u16, padding u16, port u32 (0 is the kernel), groups u32. */
export const SOCKADDR_NL_BYTES = 12;
const SOCKADDR_NL_PORT = 1; // as an index of 32-bit words

/** struct mmsghdr of recvmmsg(2), the same on every 64-bit machine, under glibc and musl. */
const MMSGHDR = { bytes: 64, name: 0, nameBytes: 8, iov: 16, iovCount: 24, received: 56 } as const;
/** struct iovec: where to, and room. */
const IOVEC = { bytes: 16, base: 0, room: 8 } as const;
const SENDER_BYTES = 16;

/** One datagram as recvmmsg left it: its whole length, even where it did not fit; who sent it; where it lies. */
type Received = { readonly bytes: number; readonly port: number; readonly room: DataView };

/**
 * Room for several datagrams that one call fetches. Native memory, because the structures hold addresses, and those of
 * the heap move.
 */
export class DatagramSlots {
  readonly count: number;
  readonly #roomBytes: number;
  readonly #memory: NativeMemory;
  readonly #view: DataView;

  /** @param roomBytes for each datagram, a multiple of four, so that each begins at one */
  constructor(libc: Libc, count: number, roomBytes: number) {
    this.count = count;
    this.#roomBytes = roomBytes;
    this.#memory = libc.allocate(count * (MMSGHDR.bytes + IOVEC.bytes + SENDER_BYTES + roomBytes));
    this.#view = new DataView(this.#memory.bytes);
    new Uint8Array(this.#memory.bytes).fill(0);
    for (let slot = 0; slot < count; slot += 1) this.#prepare(slot);
  }

  /** What recvmmsg is given: with room for the sender, which each call cuts to what it took. */
  headers(): NativePointer {
    for (let slot = 0; slot < this.count; slot += 1) {
      this.#view.setUint32(slot * MMSGHDR.bytes + MMSGHDR.nameBytes, SOCKADDR_NL_BYTES, HOST_IS_LITTLE);
    }
    return this.#memory.pointer;
  }

  /** The first so many, in the order they came. */
  received(count: number): Received[] {
    return Array.from({ length: count }, (_, slot) => ({
      bytes: this.#view.getUint32(slot * MMSGHDR.bytes + MMSGHDR.received, HOST_IS_LITTLE),
      port: this.#view.getUint32(this.#senderAt(slot) + 4 * SOCKADDR_NL_PORT, HOST_IS_LITTLE),
      room: new DataView(this.#memory.bytes, this.#roomAt(slot), this.#roomBytes),
    }));
  }

  #prepare(slot: number): void {
    const header = slot * MMSGHDR.bytes;
    const iovec = this.count * MMSGHDR.bytes + slot * IOVEC.bytes;
    this.#put(header + MMSGHDR.name, this.#addressOf(this.#senderAt(slot)));
    this.#put(header + MMSGHDR.iov, this.#addressOf(iovec));
    this.#put(header + MMSGHDR.iovCount, 1n);
    this.#put(iovec + IOVEC.base, this.#addressOf(this.#roomAt(slot)));
    this.#put(iovec + IOVEC.room, BigInt(this.#roomBytes));
  }

  #put(at: number, value: bigint): void {
    this.#view.setBigUint64(at, value, HOST_IS_LITTLE);
  }

  #addressOf(at: number): bigint {
    return this.#memory.address + BigInt(at);
  }

  #senderAt(slot: number): number {
    return this.count * (MMSGHDR.bytes + IOVEC.bytes) + slot * SENDER_BYTES;
  }

  #roomAt(slot: number): number {
    return this.count * (MMSGHDR.bytes + IOVEC.bytes + SENDER_BYTES) + slot * this.#roomBytes;
  }
}

/** What a dump takes of a socket; CtnetlinkSocket is the one for real. */
export type DumpSocket = {
  sendAsync(request: Uint8Array): Promise<void>;
  /** One datagram or several, in order. @param most no more than so many */
  receiveAsync(most: number): Promise<readonly DataView[]>;
  close(): void;
};

/**
 * Datagrams fetched at a time: a trip to another thread and back costs 20 us, counting the flows of one datagram 50. More
 * would keep the event loop for longer between two turns.
 */
const DATAGRAMS = 8;

/** Loads libc once, at the first opening that succeeds. The slots serve all sockets, as there is one at a time. */
export function dumpSocketOpener(): () => DumpSocket {
  let libc: ReturnType<typeof loadLibc> | undefined;
  let slots: DatagramSlots | undefined;
  return function open() {
    libc ??= loadLibc();
    slots ??= new DatagramSlots(libc, DATAGRAMS, RECEIVE_BYTES);
    const [socket, room] = [new CtnetlinkSocket(libc), slots];
    return {
      sendAsync: (request) => socket.sendAsync(request),
      receiveAsync: (most) => socket.receiveManyAsync(room, most),
      close: () => socket.close(),
    };
  };
}

import { constants } from 'node:os';
import { NETLINK_NETFILTER } from '../netlink/constants.ts';
import { brokenAnswer, ctnetlinkRefusal } from './ctnetlink-error.ts';
import { type DatagramSlots, type Received, SOCKADDR_NL_BYTES, SOCKADDR_NL_PORT } from './datagram-slots.ts';
import type { Libc } from './libc.ts';

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

import { HOST_IS_LITTLE } from '../netlink/constants.ts';
import type { Libc, NativeMemory, NativePointer } from './libc.ts';

/** struct sockaddr_nl, include/uapi/linux/netlink.h: family u16, padding u16, port u32 (0 is the kernel), groups u32. */
export const SOCKADDR_NL_BYTES = 12;
export const SOCKADDR_NL_PORT = 1; // as an index of 32-bit words

/** struct mmsghdr of recvmmsg(2), the same on every 64-bit machine, under glibc and musl. */
const MMSGHDR = { bytes: 64, name: 0, nameBytes: 8, iov: 16, iovCount: 24, received: 56 } as const;
/** struct iovec: where to, and room. */
const IOVEC = { bytes: 16, base: 0, room: 8 } as const;
const SENDER_BYTES = 16;

/** One datagram as recvmmsg left it: its whole length, even where it did not fit; who sent it; where it lies. */
export type Received = { readonly bytes: number; readonly port: number; readonly room: DataView };

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

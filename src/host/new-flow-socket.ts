import { constants } from 'node:os';
import { NFNLGRP_CONNTRACK_NEW } from '../netlink/constants.ts';
import { ctnetlinkRefusal } from './ctnetlink-error.ts';
import { AF_NETLINK, checked, openNetfilter, RECEIVE_FLAGS } from './ctnetlink-socket.ts';
import { type DatagramSlots, SOCKADDR_NL_BYTES } from './datagram-slots.ts';
import type { Libc } from './libc.ts';

// include/uapi/asm-generic/socket.h, include/uapi/linux/netlink.h, include/linux/socket.h; alike on x64 and arm64.
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const SO_MEMINFO = 55; // Linux 4.12
const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1;
const NETLINK_DROP_MEMBERSHIP = 2;

/** include/uapi/linux/sock_diag.h: place and number of what SO_MEMINFO tells. */
const SK_MEMINFO_DROPS = 8;
const SK_MEMINFO_VARS = 9;

/**
 * Room in the kernel for what has not been fetched, which the kernel doubles: about 5,000 messages. It takes CAP_NET_ADMIN, as
 * does joining the group.
 */
const ROOM_BYTES = 4 * 1024 * 1024;

/** A socket that the kernel tells of each new flow between `join` and `leave`. What it has no room for, it counts. */
export class NewFlowSocket {
  readonly #libc: Libc;
  readonly #fd: number;
  #isOpen = true;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#fd = openNetfilter(libc);
    // The kernel tells nothing to a socket without a port of its own (net/netlink/af_netlink.c, do_one_broadcast).
    if (libc.bind(this.#fd, Uint32Array.of(AF_NETLINK, 0, 0), SOCKADDR_NL_BYTES) < 0) {
      throw this.#refusal('bind');
    }
    this.#set('make room in', SOL_SOCKET, SO_RCVBUFFORCE, ROOM_BYTES);
  }

  join(): void {
    this.#set('hear of new flows from', SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NFNLGRP_CONNTRACK_NEW);
  }

  /** What came before can still be fetched. */
  leave(): void {
    this.#set('leave', SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, NFNLGRP_CONNTRACK_NEW);
  }

  /** As many messages as there are slots, in another thread; none when all have been fetched. Good until the slots are used again. */
  receiveManyAsync(slots: DatagramSlots): Promise<readonly DataView[]> {
    return new Promise((resolve, reject) => {
      const done = (failure: unknown, count: number) => {
        try {
          if (failure) throw failure;
          if (count >= 0) return resolve(slots.received(count).map(checked));
          const errno = this.#libc.errno();
          if (errno === constants.errno.EAGAIN) return resolve([]);
          // Said once after messages were lost; lost() tells how many.
          if (errno !== constants.errno.ENOBUFS) throw ctnetlinkRefusal('hear from', errno);
          resolve(this.receiveManyAsync(slots));
        } catch (problem) {
          reject(problem);
        }
      };
      this.#libc.recvmmsgAsync(this.#fd, slots.headers(), slots.count, RECEIVE_FLAGS, null, done);
    });
  }

  /**
   * Messages that the kernel had no room for (sk_drops, net/netlink/af_netlink.c, netlink_overrun); undefined where it does not
   * say.
   */
  lost(): number | undefined {
    const memory = new Uint32Array(SK_MEMINFO_VARS);
    const bytes = Uint32Array.of(memory.byteLength);
    const failed = this.#libc.getsockopt(this.#fd, SOL_SOCKET, SO_MEMINFO, memory, bytes) < 0;
    return failed || bytes[0]! < memory.byteLength ? undefined : memory[SK_MEMINFO_DROPS];
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#libc.close(this.#fd);
  }

  #set(action: string, level: number, name: number, value: number): void {
    if (this.#libc.setsockopt(this.#fd, level, name, Int32Array.of(value), 4) < 0) {
      throw this.#refusal(action);
    }
  }

  /** Right after the call, while its errno is still there. */
  #refusal(action: string): Error {
    const refusal = ctnetlinkRefusal(action, this.#libc.errno());
    this.close();
    return refusal;
  }
}

import { OperatorError } from '../../model/operator-error.ts';
import { HOST_IS_LITTLE } from '../../netlink/constants.ts';
import { type Libc, loadLibc, type NativeMemory } from '../ctnetlink/libc.ts';
import {
  COUNTERS_MAX,
  Ethtool,
  EthtoolRefusal,
  type EthtoolRequest,
  type EthtoolTransport,
  HEADER_BYTES,
  NAME_BYTES,
} from './ethtool.ts';

// include/uapi/asm-generic and include/linux/socket.h; the same on every architecture Node runs on.
const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
/** include/uapi/linux/sockios.h */
const SIOCETHTOOL = 0x8946;

/** struct ifreq, include/uapi/linux/if.h, on 64-bit machines: the name (IFNAMSIZ with its zero), then a pointer. */
const IFREQ = { bytes: 40, data: 16 } as const;
const IFNAMSIZ = 16;

/**
 * Kernels without the fix of CVE-2025-68795 (2.6.12 to 6.18) write as many counters as the driver has at that moment, whatever room
 * there is (net/ethtool/ioctl.c, ethtool_get_stats). Queues may be added between two questions, so there is room for twice as many as
 * are ever asked for; memory that is never written to is not taken.
 */
const ROOM_BYTES = HEADER_BYTES + 2 * COUNTERS_MAX * NAME_BYTES;

/**
 * Asks in a thread of the pool: the kernel holds its lock of all network settings meanwhile (rtnl_lock), and an ENA asks its device.
 * One question at a time.
 */
export class EthtoolSocket implements EthtoolTransport {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #ifreq: NativeMemory;
  readonly #room: NativeMemory;
  #isAsking = false;
  #isOpen = true;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#ifreq = libc.allocate(IFREQ.bytes);
    this.#room = libc.allocate(ROOM_BYTES);
    this.#fd = libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (this.#fd < 0) throw new EthtoolRefusal(libc.errno());
  }

  async ask(device: string, request: EthtoolRequest): Promise<DataView> {
    if (this.#isAsking || !this.#isOpen) throw new Error(`Cannot ask "${device}": one question at a time`);
    this.#isAsking = true;
    try {
      return await this.#ask(device, request);
    } finally {
      this.#isAsking = false;
      if (!this.#isOpen) this.#libc.close(this.#fd);
    }
  }

  /** At once, or after the question that is being asked: the thread would use whatever has the number by then. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (!this.#isAsking) this.#libc.close(this.#fd);
  }

  #ask(device: string, request: EthtoolRequest): Promise<DataView> {
    const answer = new DataView(this.#room.bytes);
    this.#address(device);
    request(answer);
    return new Promise((resolve, reject) => {
      this.#libc.ioctlAsync(this.#fd, SIOCETHTOOL, this.#ifreq.pointer, (failure, result) => {
        if (failure) reject(failure);
        else if (result < 0) reject(new EthtoolRefusal(this.#libc.errno()));
        else resolve(answer);
      });
    });
  }

  #address(device: string): void {
    const name = Buffer.alloc(IFNAMSIZ);
    name.write(device, 0, IFNAMSIZ - 1, 'latin1');
    new Uint8Array(this.#ifreq.bytes).set(name);
    new DataView(this.#ifreq.bytes).setBigUint64(IFREQ.data, this.#room.address, HOST_IS_LITTLE);
  }
}

/** Loads libc. @throws OperatorError. */
export function openEthtool(): Ethtool {
  const libc = loadLibc();
  try {
    return new Ethtool(new EthtoolSocket(libc));
  } catch (cause) {
    throw new OperatorError(`Cannot open "ethtool": ${(cause as Error).message}`, {
      remedy: 'Let the sandbox have sockets of IPv4, or raise the limit of open files (ulimit -n)',
      cause,
    });
  }
}

import { randomInt } from 'node:crypto';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NewFlows } from '../../model/flows.ts';
import { IPS } from '../../model/kernel.ts';
import { OperatorError } from '../../model/operator-error.ts';
import { NFNLGRP_CONNTRACK_NEW, NO_SEQUENCE } from '../../netlink/constants.ts';
import type { Flow } from '../../netlink/flow.ts';
import { FlowBatch } from '../../netlink/flow-batch.ts';
import type { ProcFs } from '../procfs/proc-fs.ts';
import { brokenAnswer, ctnetlinkRefusal, withManifest } from './errors.ts';
import { expectKernel } from './flow-sampler.ts';
import { type Libc, loadLibc } from './libc.ts';
import { AF_NETLINK, checked, DatagramSlots, openNetfilter, RECEIVE_FLAGS, SOCKADDR_NL_BYTES } from './socket.ts';

const SEEDS = 2 ** 32;
const EVENTS_FILE = 'sys/net/netfilter/nf_conntrack_events';
const COUNT_FILE = 'sys/net/netfilter/nf_conntrack_count';

/** Of the new flows, those that may have been told again: with more of them, others that have had no reply pass for new. */
const MOST_REPEATED = 0.05;

/** Each message holds one flow, of some 200 bytes. */
const MESSAGES = 64;
const MESSAGE_BYTES = 2048;

/** Counts the flows of one window. */
type WindowCounting = {
  begin(): { add(flow: Flow): void; end(end: { windowSeconds: number; lost: number }): NewFlows };
};

type NewFlowWindowParts = {
  readonly proc: ProcFs;
  /** Monotonic, milliseconds. */
  readonly clock: () => number;
  /** The seed must not be guessed, or keys can be made that a full ranking forgets. */
  readonly counting: (seed: number) => WindowCounting;
};

/**
 * Listens for a while to what the kernel tells of new flows of this network namespace (NFNLGRP_CONNTRACK_NEW). Nothing is
 * done meanwhile: the messages are fetched after the group was left, so their number is that of exactly this time. The
 * kernel has room for a few thousand, and counts the others.
 */
export class NewFlowWindow {
  readonly #proc: ProcFs;
  readonly #clock: () => number;
  readonly #counting: WindowCounting;
  #libc: Libc | undefined;
  #slots: DatagramSlots | undefined;

  /** @throws OperatorError beside a copied procfs: its numbers are one node's, the flows another's */
  constructor({ proc, clock, counting }: NewFlowWindowParts) {
    expectKernel(proc);
    this.#proc = proc;
    this.#clock = clock;
    this.#counting = counting(randomInt(SEEDS));
  }

  /** @throws OperatorError when the kernel refuses, tells of no new flows, or does not say how many it left out */
  async listen(forMs: number, signal?: AbortSignal): Promise<{ newFlows: NewFlows; endedMs: number }> {
    this.#expectEvents();
    this.#libc ??= loadLibc();
    this.#slots ??= new DatagramSlots(this.#libc, MESSAGES, MESSAGE_BYTES);
    let socket: NewFlowSocket | undefined;
    try {
      socket = new NewFlowSocket(this.#libc);
      const startMs = this.#clock();
      socket.join();
      await sleep(forMs, undefined, { signal });
      socket.leave();
      const endedMs = this.#clock();
      this.#expectEvents();
      const window = this.#counting.begin();
      const repeated = await fetchAll(socket, this.#slots, window);
      const lost = socket.lost();
      if (lost === undefined) throw unknownLoss();
      const newFlows = window.end({ windowSeconds: (endedMs - startMs) / 1000, lost });
      if (repeated > MOST_REPEATED * newFlows.heard) throw toldAgain();
      return { newFlows, endedMs };
    } catch (problem) {
      throw withManifest(problem instanceof RangeError ? brokenAnswer(problem.message, problem) : problem);
    } finally {
      socket?.close();
    }
  }

  /** Joining the group would load the module, and a monitor changes nothing; without events the rate would seem to be 0. */
  #expectEvents(): void {
    if (this.#proc.read(COUNT_FILE) === undefined) {
      throw new OperatorError('Cannot count new flows: there is no nf_conntrack_count', {
        remedy: 'If the node should track connections: modprobe nf_conntrack',
      });
    }
    const events = this.#proc.read(EVENTS_FILE)?.trim();
    if (events !== undefined && events !== '0') return;
    const seen = events === undefined ? 'there is no nf_conntrack_events' : 'nf_conntrack_events is 0';
    throw new OperatorError(`Cannot count new flows: ${seen}, so the kernel tells nobody of them`, {
      remedy: 'sysctl -w net.netfilter.nf_conntrack_events=1, where the kernel has it; all but new flows works without',
    });
  }
}

/**
 * Adds the flows that are new, and returns how many were told again. A listener that wants every event (NETLINK_BROADCAST_ERROR, as
 * conntrackd can) and has no room makes the kernel tell everybody of a new flow once more with each of its packets
 * (net/netfilter/nf_conntrack_ecache.c). One that has had a reply is not new, unless a program has made it.
 */
async function fetchAll(
  socket: NewFlowSocket,
  slots: DatagramSlots,
  window: { add(flow: Flow): void },
): Promise<number> {
  const batch = new FlowBatch(NO_SEQUENCE);
  for (let repeated = 0; ; ) {
    const datagrams = await socket.receiveManyAsync(slots);
    if (datagrams.length === 0) return repeated;
    for (const datagram of datagrams) {
      batch.open(datagram);
      while (batch.next()) {
        if (batch.sender === 0 && (batch.flow.status & IPS.SEEN_REPLY) !== 0) repeated += 1;
        else window.add(batch.flow);
      }
    }
  }
}

function toldAgain(): OperatorError {
  return new OperatorError('Cannot count new flows: the kernel tells of them again, as another listener had no room', {
    remedy: 'Give that listener more room, as NetlinkBufferSize does for conntrackd; all but new flows works without',
  });
}

function unknownLoss(): OperatorError {
  return new OperatorError('Cannot count new flows: the kernel does not say how many it left out', {
    remedy: 'Use Linux 4.12 or newer; all but new flows works without',
  });
}

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
class NewFlowSocket {
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

import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { IPS } from '../model/kernel.ts';
import type { NewFlows } from '../model/new-flows.ts';
import { OperatorError } from '../model/operator-error.ts';
import { NO_SEQUENCE } from '../netlink/constants.ts';
import type { Flow } from '../netlink/flow.ts';
import { FlowBatch } from '../netlink/flow-batch.ts';
import { brokenAnswer, withManifest } from './ctnetlink-error.ts';
import { DatagramSlots } from './datagram-slots.ts';
import { expectKernel } from './flow-sampler.ts';
import { type Libc, loadLibc } from './libc.ts';
import { NewFlowSocket } from './new-flow-socket.ts';
import type { ProcFs } from './proc-fs.ts';

const SEEDS = 2 ** 32;
const EVENTS_FILE = 'sys/net/netfilter/nf_conntrack_events';
const COUNT_FILE = 'sys/net/netfilter/nf_conntrack_count';

/** Of the new flows, those that may have been told again: with more of them, others that have had no reply pass for new. */
const MOST_REPEATED = 0.05;

/** Each message holds one flow, of some 200 bytes. */
const MESSAGES = 64;
const MESSAGE_BYTES = 2048;

/** Counts the flows of one window. */
export type WindowCounting = {
  begin(): { add(flow: Flow): void; end(end: { windowSeconds: number; lost: number }): NewFlows };
};

export type NewFlowWindowParts = {
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

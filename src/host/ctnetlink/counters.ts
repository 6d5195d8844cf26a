import type { CpuRow } from '../../model/reading.ts';
import { CPU_STATS, type CpuStats, decodeCpuStats, encodeCpuStatsDump } from '../../netlink/cpu-stats.ts';
import { messages } from '../../netlink/messages.ts';
import { brokenAnswer, ctnetlinkRefusal } from './errors.ts';
import { loadLibc } from './libc.ts';
import { CtnetlinkSocket } from './socket.ts';

/** What a conversation with the kernel takes; CtnetlinkSocket is the one for real. */
export type DatagramSocket = {
  sendAsync(request: Uint8Array): Promise<void>;
  receive(): DataView;
  close(): void;
};

/**
 * Linux can be built for 8192 CPUs, whose 100-byte messages fill about 220 datagrams of one page. A reply that does not
 * end within twice that is broken, and reading it on would block the event loop.
 */
const MAX_DATAGRAMS = 512;

/** Counters of every CPU by ctnetlink. Needs CAP_NET_ADMIN; keeps one socket open from the first read on. */
export class CtnetlinkCounters {
  readonly #open: () => DatagramSocket;
  #socket: DatagramSocket | undefined;
  #sequence = 0;

  constructor(open: () => DatagramSocket = socketOpener()) {
    this.#open = open;
  }

  /**
   * One row per possible CPU, ascending, of the network namespace the agent runs in. One at a time.
   * @throws OperatorError when the kernel refuses, does not answer, or answers with what cannot be decoded
   */
  async read(): Promise<CpuRow[]> {
    try {
      this.#socket ??= this.#open();
      const socket = this.#socket;
      this.#sequence = (this.#sequence + 1) >>> 0;
      await socket.sendAsync(encodeCpuStatsDump(this.#sequence));
      if (this.#socket !== socket) throw brokenAnswer('the socket was closed meanwhile');
      const stats = receiveDump(socket, this.#sequence);
      return stats.sort((a, b) => a.cpu - b.cpu).map(({ row }) => row);
    } catch (error) {
      this.close(); // What is left of this reply must not be taken for the next one.
      throw error instanceof RangeError ? brokenAnswer(error.message, error) : error;
    }
  }

  /** May be read again, on a new socket. */
  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }
}

/** Loads libc once, at the first opening that succeeds. */
function socketOpener(): () => DatagramSocket {
  let libc: ReturnType<typeof loadLibc> | undefined;
  return function open() {
    libc ??= loadLibc();
    return new CtnetlinkSocket(libc);
  };
}

function receiveDump(socket: DatagramSocket, sequence: number): CpuStats[] {
  const stats = new Map<number, CpuStats>();
  for (let datagrams = 0; datagrams < MAX_DATAGRAMS; datagrams += 1) {
    if (addDatagram(stats, socket.receive(), sequence)) {
      if (stats.size === 0) throw brokenAnswer('the answer names no CPU');
      return [...stats.values()];
    }
  }
  throw brokenAnswer(`no end of the answer in ${MAX_DATAGRAMS} datagrams`);
}

/** Adds the CPUs of one datagram; true when it ends the dump. */
function addDatagram(stats: Map<number, CpuStats>, datagram: DataView, sequence: number): boolean {
  for (const message of messages(datagram)) {
    if (message.sequence !== sequence) {
      throw brokenAnswer(`answer to ${message.sequence}, wanted ${sequence}`);
    }
    if (message.interrupted || message.kind === 'overrun') {
      throw brokenAnswer('the kernel says the answer is incomplete');
    }
    if (message.kind === 'data') {
      if (message.type !== CPU_STATS) continue;
      const cpu = decodeCpuStats(datagram, message);
      if (stats.has(cpu.cpu)) throw brokenAnswer(`CPU ${cpu.cpu} came twice`);
      stats.set(cpu.cpu, cpu);
    } else if (message.errno !== 0) throw ctnetlinkRefusal('read counters from', message.errno);
    else if (message.kind === 'done') return true;
    else throw brokenAnswer('an acknowledgement came, wanted counters');
  }
  return false;
}

/**
 * Run inside the lab's node by flow sample.test.ts; one JSON value on stdout. `list`: every flow; `flow sample BUDGET TOP`: the
 * flow sample; `dump`: how a whole dump went, and the word "reading" on stderr as soon as it has begun; `overrun`: the same
 * where the kernel has no room for its answer the first time.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import * as koffi from 'koffi';
import { FLOW_COUNTER_CAPACITY, FlowCounter } from '../../src/analysis/flows/flow-counter.ts';
import { FlowDumper, type FlowSink } from '../../src/host/ctnetlink/flow-dump.ts';
import { LIBC_NAMES, loadLibc } from '../../src/host/ctnetlink/libc.ts';
import { CtnetlinkSocket, DatagramSlots, type DumpSocket, RECEIVE_BYTES } from '../../src/host/ctnetlink/socket.ts';
import { ABSENT, type Flow } from '../../src/netlink/flow.ts';
import { type PlainFlow, plainFlow } from '../netlink/flow-frames.ts';

const [mode, ...numbers] = process.argv.slice(2);

function tableSize() {
  const read = (name: string) => Number(readFileSync(`/proc/sys/net/netfilter/nf_conntrack_${name}`, 'utf8'));
  return { entries: read('count'), buckets: read('buckets') };
}

function dump<Sink extends FlowSink>(begin: () => Sink, budget = 0, dumper = new FlowDumper()) {
  return dumper.dump({ budget, begin, tableSize });
}

// include/uapi/asm-generic/socket.h, include/linux/socket.h
const [SOL_SOCKET, SO_RCVBUF, AF_NETLINK] = [1, 8, 16];
/** The group NF_NETLINK_CONNTRACK_NEW, include/uapi/linux/netfilter/nfnetlink_compat.h */
const NEW_FLOWS = 1;

/**
 * Sockets for real, of which the first also hears of new flows, has next to no room, and is told of more of them
 * than that before it asks: the kernel then has nothing for it but ENOBUFS.
 */
async function overrunAtFirst(): Promise<() => DumpSocket> {
  const libc = loadLibc();
  const slots = new DatagramSlots(libc, 2, RECEIVE_BYTES);
  const before = descriptors();
  const first = new CtnetlinkSocket(libc);
  crowd(descriptors().find((fd) => !before.includes(fd))!);
  process.stderr.write('listening\n');
  await text(process.stdin); // Until the test has made some flows and closes it.
  const sockets = [first];
  return function open() {
    const socket = sockets.pop() ?? new CtnetlinkSocket(libc);
    return {
      sendAsync: (request) => socket.sendAsync(request),
      receiveAsync: () => socket.receiveManyAsync(slots),
      close: () => socket.close(),
    };
  };
}

function crowd(fd: number): void {
  const libc = koffi.load(LIBC_NAMES[0]!);
  const setsockopt = libc.func('int setsockopt(int, int, int, const void *, uint32_t)');
  const bind = libc.func('int bind(int, const void *, uint32_t)');
  const failed =
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, Uint32Array.of(1), 4) ||
    bind(fd, Uint32Array.of(AF_NETLINK, 0, NEW_FLOWS), 12);
  if (failed) throw new Error(`Cannot crowd "ctnetlink": errno ${koffi.errno()}`);
}

function descriptors(): number[] {
  return readdirSync('/proc/self/fd').map(Number).filter(isSocket);
}

function isSocket(fd: number): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
  } catch {
    return false; // The descriptor of readdir itself, closed by now.
  }
}

class Lister implements FlowSink {
  readonly flows: PlainFlow[] = [];
  add(flow: Flow): void {
    this.flows.push(plainFlow(flow));
  }
}

class Teller implements FlowSink {
  #isFirst = true;
  add(flow: Flow): void {
    if (this.#isFirst) process.stderr.write('reading\n');
    this.#isFirst = false;
    if (flow.original.protocol === ABSENT) throw new Error('Cannot happen');
  }
}

async function answer(): Promise<unknown> {
  if (mode === 'list') return (await dump(() => new Lister())).sink.flows;
  if (mode === 'dump' || mode === 'overrun') {
    const dumper = mode === 'dump' ? new FlowDumper() : new FlowDumper(await overrunAtFirst());
    const { read, isComplete, incompleteReason, tries } = await dump(() => new Teller(), 0, dumper);
    return { read, isComplete, incompleteReason, tries };
  }
  const [budget, top] = numbers.map(Number);
  const options = { top: top!, capacity: FLOW_COUNTER_CAPACITY, seed: 4711 };
  const taken = await dump(() => new FlowCounter(options).begin([]), budget);
  return taken.sink.end(taken);
}

process.stdout.write(JSON.stringify(await answer()));

/** Frames are hex text: `#` begins a comment, a line `datagram` begins a datagram. */
import { readFileSync } from 'node:fs';
import { decodeCpuStats } from '../../src/netlink/cpu-stats.ts';
import { messages } from '../../src/netlink/messages.ts';

export const FRAMES = ['stats-cpu-6.18', 'stats-cpu-eperm-6.18', 'stats-cpu-pre-5.10'] as const;

/** The datagrams of one answer, in the order the kernel sent them. */
export function readFrame(name: (typeof FRAMES)[number]): DataView<ArrayBuffer>[] {
  const text = readFileSync(new URL(`../fixtures/frames/${name}.hex`, import.meta.url), 'utf8');
  const [, ...datagrams] = text.replaceAll(/#.*/g, '').split('datagram');
  return datagrams.map((hex) => bytesOf(hex.match(/[0-9a-f]{2}/g)!.map((byte) => Number.parseInt(byte, 16))));
}

export function bytesOf(bytes: ArrayLike<number>): DataView<ArrayBuffer> {
  return new DataView(Uint8Array.from(bytes).buffer);
}

/** The first bytes of a datagram, in memory of their own so that no decoder can look past the end. */
export function truncated(datagram: DataView<ArrayBuffer>, length: number): DataView<ArrayBuffer> {
  return new DataView(datagram.buffer.slice(0, length));
}

/** Everything the codec makes of a datagram. */
export function decodeAll(datagram: DataView): unknown[] {
  return [...messages(datagram)].map((message) =>
    message.kind === 'data' ? decodeCpuStats(datagram, message) : message,
  );
}

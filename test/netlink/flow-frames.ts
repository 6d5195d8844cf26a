import { readFileSync } from 'node:fs';
import { ABSENT, type Flow, type FlowTuple } from '../../src/netlink/flow.ts';
import { FlowBatch } from '../../src/netlink/flow-batch.ts';
import { bytesOf } from './frames.ts';

export const FLOW_FRAMES = ['flows-6.18', 'flows-offloaded'] as const;

/** Each captured request had this number. */
export const SEQUENCE = 7;

/** The datagrams of one dump, in the order the kernel sent them. */
export function readFlowFrame(name: (typeof FLOW_FRAMES)[number]): DataView<ArrayBuffer>[] {
  const text = readFileSync(new URL(`../fixtures/frames/${name}.hex`, import.meta.url), 'utf8');
  const [, ...datagrams] = text.replaceAll(/#.*/g, '').split('datagram');
  return datagrams.map((hex) => bytesOf(hex.match(/[0-9a-f]{2}/g)!.map((byte) => Number.parseInt(byte, 16))));
}

export type PlainFlow = ReturnType<typeof plainFlow>;

/** A copy of what a flow says, without what it does not. */
export function plainFlow(flow: Flow) {
  const { family, status, timeoutSeconds, state } = flow;
  const [original, reply] = [flow.original, flow.reply].map((tuple) => plainTuple(tuple, family));
  const told = present({ timeoutSeconds, state });
  return { family, status, ...told, original: original!, reply: reply! };
}

function plainTuple(tuple: FlowTuple, family: number) {
  const words = (word: (index: number) => number) => [0, 1, 2, 3].map((index) => word(index) >>> 0);
  const { protocol, sourcePort, destinationPort } = tuple;
  const source = addressOf(
    words((index) => tuple.sourceWord(index)),
    family,
  );
  const destination = addressOf(
    words((index) => tuple.destinationWord(index)),
    family,
  );
  return { source, destination, protocol, ...present({ sourcePort, destinationPort }) };
}

function addressOf(words: readonly number[], family: number): string {
  if (family === 2) return [24, 16, 8, 0].map((shift) => (words[3]! >>> shift) & 255).join('.');
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]).map((group) => group.toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

function present(numbers: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== ABSENT));
}

/** Every flow of one datagram. */
export function flowsOf(datagram: DataView, batch = new FlowBatch(SEQUENCE)): PlainFlow[] {
  const flows: PlainFlow[] = [];
  batch.open(datagram);
  while (batch.next()) flows.push(plainFlow(batch.flow));
  return flows;
}

/** Plain flows for a flow sample, as the kernel would tell them. */

import { type CountedFlow, FlowCounter } from '../../../src/analysis/flows/flow-counter.ts';
import type { FlowSample, FlowSampleEnd } from '../../../src/model/flows.ts';
import type { Timeout } from '../../../src/model/reading.ts';

export type FlowOptions = {
  /** Four words, or of an IPv4 address the last. */
  readonly source: readonly number[];
  readonly destination?: readonly number[];
  readonly port?: number;
  readonly protocol?: number;
  readonly state?: number;
  readonly status?: number;
  readonly timeoutSeconds?: number;
  readonly sourcePort?: number;
  /** What source NAT has made of the source; status tells that it has. */
  readonly translated?: { readonly address: readonly number[]; readonly port: number };
};

export const SEEN_REPLY = 2;
export const ASSURED = 4;
export const SRC_NAT = 16;
export const DST_NAT = 32;

/** 10.a.b.c as a word. */
export function ten(a: number, b: number, c: number): number[] {
  return [(10 << 24) | (a << 16) | (b << 8) | c | 0];
}

export function flowOf(options: FlowOptions): CountedFlow {
  const { source, destination = ten(96, 0, 10), port = 53, protocol = 17, state = -1, status = 0 } = options;
  const { sourcePort = 0, translated = { address: source, port: sourcePort } } = options;
  const word = (address: readonly number[], at: number) => address[address.length - 4 + at] ?? 0;
  return {
    family: source.length === 4 ? 10 : 2,
    status,
    state,
    timeoutSeconds: options.timeoutSeconds ?? 30,
    original: {
      sourceWord: (at) => word(source, at),
      destinationWord: (at) => word(destination, at),
      protocol,
      sourcePort,
      destinationPort: port,
    },
    reply: {
      sourceWord: (at) => word(destination, at),
      destinationWord: (at) => word(translated.address, at),
      sourcePort: port,
      destinationPort: translated.port,
      zone: 0,
    },
  };
}

/** Those that the flows' timers follow, where a test says nothing else. */
const TIMEOUTS: readonly Timeout[] = [{ protocol: 'tcp', state: 'established', seconds: 86_400 }];

/** The flow sample of these flows; complete unless `entries` says that there are more. */
export function flowSampleOf(
  flows: Iterable<FlowOptions>,
  { top = 20, entries = 0, capacity = 8192, timeouts = TIMEOUTS } = {},
): FlowSample {
  const count = new FlowCounter({ top, capacity, seed: 4711 }).begin(timeouts);
  for (const options of flows) count.add(flowOf(options));
  const end: FlowSampleEnd = {
    isComplete: entries === 0,
    entriesBefore: entries,
    entriesAfter: entries,
  };
  return count.end(end);
}

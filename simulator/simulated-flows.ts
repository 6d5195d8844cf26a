/** Flows that a flow sample of a simulated node finds: its pods' everyday ones, and above that level those of a surge. */
import type { CountedFlow } from '../src/analysis/flows/flow-counter.ts';
import type { Timeout } from '../src/model/reading.ts';
import type { SimulatedNode, Surge } from './timeline.ts';

const SEEN_REPLY = 1 << 1;
const ASSURED = 1 << 2;
const DST_NAT = 1 << 5;
const ESTABLISHED = 3;
const SYN_SENT = 1;
const TIME_WAIT = 7;
const NO_STATE = -1;
const TCP = 6;
const UDP = 17;
const AF_INET = 2;

/** Flows alike. `sources` are so many addresses, one after the other from `from`. */
type Stream = {
  readonly weight: number;
  readonly from: number;
  readonly sources: number;
  readonly to: number;
  readonly port: number;
  readonly protocol: number;
  readonly state: number;
  readonly status: number;
  readonly timeoutSeconds: number;
};

const REPLIED = SEEN_REPLY | ASSURED | DST_NAT;
export const SERVICES = { dns: ip(10, 96, 0, 10), web: ip(10, 96, 0, 20), database: ip(10, 96, 0, 31) } as const;
const NODE_ADDRESS = ip(203, 0, 113, 10);

/** Address of the pod `pod` on that node. */
export function podAddress({ index }: Pick<SimulatedNode, 'index'>, pod: number): number {
  return ip(10, 128 + (index >> 8), index & 255, pod);
}

export const PODS = 8;

function baselineStreams(node: SimulatedNode): Stream[] {
  const pods = { from: podAddress(node, 1), sources: PODS };
  const web = { ...pods, to: SERVICES.web, port: 443, protocol: TCP, status: REPLIED };
  return [
    { ...web, weight: 0.4, state: ESTABLISHED, timeoutSeconds: 86_000 },
    { ...web, weight: 0.25, state: TIME_WAIT, timeoutSeconds: 60 },
    { ...web, weight: 0.2, to: SERVICES.database, port: 5432, state: ESTABLISHED, timeoutSeconds: 82_000 },
    { ...web, weight: 0.15, to: SERVICES.dns, port: 53, protocol: UDP, state: NO_STATE, timeoutSeconds: 20 },
  ];
}

/** All of it from one pod, but for the flood, whose sources are forged. */
function surgeOf(node: SimulatedNode, surge: Surge): Omit<Stream, 'weight'> {
  const pod = { from: podAddress(node, 3), sources: 1 };
  switch (surge) {
    case 'idle-connections': {
      const to = { to: SERVICES.database, port: 5432, protocol: TCP };
      return { ...pod, ...to, state: ESTABLISHED, status: REPLIED, timeoutSeconds: 400_000 };
    }
    case 'syn-flood': {
      const to = { to: NODE_ADDRESS, port: 443, protocol: TCP };
      return { from: ip(198, 18, 0, 0), sources: 65_536, ...to, state: SYN_SENT, status: 0, timeoutSeconds: 100 };
    }
    case 'dns-storm': {
      const to = { to: SERVICES.dns, port: 53, protocol: UDP };
      return { ...pod, ...to, state: NO_STATE, status: DST_NAT, timeoutSeconds: 25 };
    }
  }
}

/** Share of the entries that belongs to the surge. */
export function surgeShare({ flows, limit }: SimulatedNode, entries: number): number {
  if (flows?.surge === undefined || entries === 0) return 0;
  return Math.max(0, 1 - (flows.baseline * limit) / entries);
}

/** `count` flows that stand for `entries`: shares are as exact as whole flows allow. The object is the same each time. */
export function flowsOf(node: SimulatedNode, entries: number, count: number): Generator<CountedFlow> {
  return flowsIn(streamsOf(node, entries), count);
}

function streamsOf(node: SimulatedNode, entries: number): Stream[] {
  const share = surgeShare(node, entries);
  const streams = baselineStreams(node).map((stream) => ({ ...stream, weight: stream.weight * (1 - share) }));
  const surge = node.flows?.surge;
  return surge === undefined ? streams : [...streams, { ...surgeOf(node, surge), weight: share }];
}

/** Names of the timeouts that end the flows of a stream; connections end by being closed, and are then in TIME_WAIT. */
function timeoutNameOf({ protocol, state, status }: Stream): string | undefined {
  if (protocol === UDP) return (status & ASSURED) === 0 ? 'udp default' : 'udp stream';
  return state === TIME_WAIT ? 'tcp time_wait' : state === SYN_SENT ? 'tcp syn_sent' : undefined;
}

/** How many flows a second keep the entries of a node as they are: those of each stream over the timeout that ends them. */
export function openingsOf(
  node: SimulatedNode,
  entries: number,
  timeouts: readonly Timeout[],
): { readonly perSecond: number; readonly flows: (count: number) => Generator<CountedFlow> } {
  const secondsOf = new Map(timeouts.map(({ protocol, state, seconds }) => [`${protocol} ${state}`, seconds]));
  const rates = streamsOf(node, entries).map((stream) => {
    const seconds = secondsOf.get(timeoutNameOf(stream) ?? '');
    return { ...stream, weight: seconds === undefined ? 0 : (stream.weight * entries) / seconds };
  });
  const perSecond = rates.reduce((sum, { weight }) => sum + weight, 0);
  const shares = rates.map((stream) => ({ ...stream, weight: perSecond === 0 ? 0 : stream.weight / perSecond }));
  return { perSecond, flows: (count) => flowsIn(shares, count) };
}

function* flowsIn(streams: readonly Stream[], count: number): Generator<CountedFlow> {
  const flow = new SimulatedFlow(streams[0]!);
  let done = 0;
  let upTo = 0;
  for (const stream of streams) {
    upTo += stream.weight;
    const last = Math.round(upTo * count);
    for (let i = 0; done < last; i += 1, done += 1) yield flow.set(stream, i);
  }
}

/** The `i`th flow of a stream. */
class SimulatedFlow implements CountedFlow {
  readonly family = AF_INET;
  readonly original = this;
  /** Where it is translated, to the node's address and the port that the client has. */
  readonly reply = {
    sourceWord: (word: number) => this.destinationWord(word),
    destinationWord: (word: number) => (word === 3 ? NODE_ADDRESS | 0 : 0),
    sourcePort: 0,
    destinationPort: 0,
    zone: 0,
  };
  readonly sourcePort = 0;
  #stream: Stream;
  #source = 0;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  set(stream: Stream, i: number): this {
    this.#stream = stream;
    this.reply.sourcePort = stream.port;
    // A forged address is any: neighbours in the listing are not neighbours in the net.
    this.#source = stream.from + (stream.sources > PODS ? Math.imul(i, 40_503) & 0xffff : i % stream.sources);
    return this;
  }

  get status(): number {
    return this.#stream.status;
  }

  get state(): number {
    return this.#stream.state;
  }

  get timeoutSeconds(): number {
    return this.#stream.timeoutSeconds;
  }

  get protocol(): number {
    return this.#stream.protocol;
  }

  get destinationPort(): number {
    return this.#stream.port;
  }

  sourceWord(word: number): number {
    return word === 3 ? this.#source | 0 : 0;
  }

  destinationWord(word: number): number {
    return word === 3 ? this.#stream.to | 0 : 0;
  }
}

function ip(a: number, b: number, c: number, d: number): number {
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

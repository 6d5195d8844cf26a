import type { Share, SnatPortsUsed } from '../../model/flows.ts';
import { addressText, type Family, familyOf } from '../../model/text/address.ts';
import { type SampleSize, shareOf } from './confidence-interval.ts';
import { HeavyHitters } from './heavy-hitters.ts';
import { hasPorts, protocolName } from './states.ts';

/** The part of a flow that source NAT has changed. */
export type TranslatedFlow = {
  readonly family: number;
  /** The kernel's number of the state; negative when it gave none. */
  readonly state: number;
  readonly original: { readonly protocol: number; readonly sourcePort: number };
  readonly reply: {
    /** Word 0 is the most significant; an IPv4 address is word 3. */
    sourceWord(word: number): number;
    destinationWord(word: number): number;
    readonly sourcePort: number;
    readonly destinationPort: number;
    /** A port is taken in its zone alone (nf_conntrack_core.c, nf_conntrack_tuple_taken). */
    readonly zone: number;
  };
};

type SnatPortsOptions = {
  /** Pairs of address and destination held; see HeavyHitters. */
  readonly capacity: number;
  readonly seed: number;
  /**
   * Whether a new connection may take the port of one in TIME_WAIT: since Linux 6.5 (nf_nat_core.c, nf_nat_used_tuple_harder).
   */
  readonly reusesTimeWait?: boolean | undefined;
};

/**
 * Ports that NAT chooses from where its rule names none, by the port that the client has: a privileged one stays privileged
 * (net/netfilter/nf_nat_core.c, nf_nat_l4proto_unique_tuple).
 */
const CLASSES = [
  { ports: 511, above: 0 }, // 1-511
  { ports: 424, above: 511 }, // 600-1023
  { ports: 64_512, above: 1023 }, // 1024-65535
] as const;

/** Translated addresses that are told apart: a node has a few. Flows of others are left out. */
const ADDRESSES = 1024;
/** Rows listed, and rows among which those with the highest share are looked for: those with the most flows. */
const LISTED = 10;
const RANKED = 64;
/** Ports chosen by NAT from which the range of a rule can be told. */
const ENOUGH_PORTS = 20;
/** Natural logarithm of one in a million: a range that chance alone makes as seldom as this is that of a rule. */
const SURE = Math.log(1e-6);

const IPV6 = 10;
const TCP = 6;
/** TCP_CONNTRACK_TIME_WAIT, include/uapi/linux/netfilter/nf_conntrack_tcp.h */
const TIME_WAIT = 7;
const WORDS = 4;

/**
 * Counts flows by translated address, destination and protocol. Two of them never have the same port, so that many ports
 * are in use. Flows of the node itself, which take ports of the same address and are not translated, are not counted.
 */
export class SnatPorts {
  readonly #pairs: HeavyHitters;
  /** Pairs of connections in TIME_WAIT whose ports are as good as free. */
  readonly #timeWait: HeavyHitters;
  readonly #reusesTimeWait: boolean;
  readonly #addresses = new Map<string, number>();
  readonly #ranges = new Map<number, PortRange>();
  #lastAddress: readonly number[] = [];
  #lastId = 0;

  constructor({ capacity, seed, reusesTimeWait = false }: SnatPortsOptions) {
    this.#pairs = new HeavyHitters({ capacity, seed });
    this.#timeWait = new HeavyHitters({ capacity, seed });
    this.#reusesTimeWait = reusesTimeWait;
  }

  clear(): void {
    this.#pairs.clear();
    this.#timeWait.clear();
    this.#addresses.clear();
    this.#ranges.clear();
    this.#lastAddress = [];
  }

  /** A flow whose source is translated. */
  add({ family, state, original, reply }: TranslatedFlow): void {
    const { protocol, sourcePort: wanted } = original;
    const given = reply.destinationPort;
    if (!hasPorts(protocol) || wanted < 0 || given < 0) return;
    const id = this.#idOf(family, reply);
    if (id === undefined) return;
    const rangeKey = (id << 10) | (classOf(wanted) << 8) | protocol;
    if (given !== wanted) this.#rangeOf(rangeKey).add(given);
    // The pair in five words: an address of four, and the number of the translated one instead of its own four.
    const key = (id << 6) | (classOf(wanted) << 4) | (PROTOCOLS.indexOf(protocol) << 1) | Number(family === IPV6);
    const last = reply.sourceWord(3);
    const service = (reply.sourcePort << 16) | key;
    const pairs = this.#reusesTimeWait && protocol === TCP && state === TIME_WAIT ? this.#timeWait : this.#pairs;
    if (family === IPV6) pairs.add(reply.sourceWord(0), reply.sourceWord(1), reply.sourceWord(2), last, service);
    else pairs.add(0, 0, 0, last, service);
  }

  /**
   * Those with the highest share of their ports in use, highest first. Clients with a privileged port and others take ports of
   * different classes to the same destination: only the class with the higher share is listed, as both have one name.
   */
  top(sample: SampleSize): readonly SnatPortsUsed[] {
    const addresses = [...this.#addresses.keys()];
    const closed = new Map(this.#timeWait.top(RANKED).map(({ key, count }) => [key.join(), count]));
    const rows = this.#pairs.top(RANKED).flatMap(({ key, count }) => {
      const { id, portClass, protocol, family } = partsOf(key[4]);
      const share = shareOf({ count, missed: this.#pairs.missed }, sample);
      if (share.flows === undefined) return [];
      const most = CLASSES[portClass]!.ports;
      const usable = this.#ranges.get((id << 10) | (portClass << 8) | protocol)?.usable(most) ?? most;
      const part = (ofFlows: number) => Math.min(1, (ofFlows * sample.population) / usable);
      return {
        address: textOf(addresses[id]!),
        destination: addressText(key, family),
        port: key[4] >>> 16,
        protocol: protocolName(protocol),
        family,
        used: Math.min(share.flows, usable),
        usable,
        ...(this.#reusesTimeWait && { timeWait: scaled(closed.get(key.join()) ?? 0, sample) }),
        share: part(share.share),
        low: part(share.low),
        high: part(share.high),
      };
    });
    const byName = new Map<string, SnatPortsUsed>();
    for (const row of rows.sort((a, b) => b.share - a.share)) {
      const name = nameOf(row);
      if (!byName.has(name)) byName.set(name, row);
    }
    return [...byName.values()].slice(0, LISTED);
  }

  /** A small number for the translated address in its zone; undefined where there are too many. */
  #idOf(family: number, reply: TranslatedFlow['reply']): number | undefined {
    const words = family === IPV6 ? wordsOf(reply) : [reply.destinationWord(3)];
    words.push(reply.zone);
    if (words.length === this.#lastAddress.length && words.every((word, i) => word === this.#lastAddress[i]))
      return this.#lastId;
    const name = words.map((word) => word >>> 0).join(' ');
    const id = this.#addresses.get(name) ?? this.#addresses.size;
    if (id >= ADDRESSES) return undefined;
    this.#addresses.set(name, id);
    this.#lastAddress = words;
    this.#lastId = id;
    return id;
  }

  #rangeOf(key: number): PortRange {
    const range = this.#ranges.get(key) ?? new PortRange();
    this.#ranges.set(key, range);
    return range;
  }
}

/** Of which hasPorts() is true: three bits are enough for the place in this list. */
const PROTOCOLS = [6, 17, 132, 33, 136];

function nameOf({ address, destination, port, protocol }: SnatPortsUsed): string {
  return `${address} ${destination} ${port} ${protocol}`;
}

function classOf(port: number): number {
  return port > CLASSES[2].above ? 2 : port > CLASSES[1].above ? 1 : 0;
}

/** The port is above the 16 bits of this. */
function partsOf(word: number): { id: number; portClass: number; protocol: number; family: Family } {
  const family = familyOf((word & 1) === 1 ? IPV6 : 0);
  return {
    id: (word >>> 6) & (ADDRESSES - 1),
    portClass: (word >>> 4) & 3,
    protocol: PROTOCOLS[(word >>> 1) & 7]!,
    family,
  };
}

function wordsOf(reply: TranslatedFlow['reply']): number[] {
  return Array.from({ length: WORDS }, (_, word) => reply.destinationWord(word));
}

/** The address of a name; the zone, its last word, is not shown. */
function textOf(name: string): string {
  const words = name.split(' ').map(Number);
  if (words.length === 2) return addressText([0, 0, 0, words[0]!, 0], 'ipv4');
  const [a, b, c, d] = words as [number, number, number, number];
  return addressText([a, b, c, d, 0], 'ipv6');
}

/** Flows in the table, of a count of the sample. */
function scaled(count: number, sample: SampleSize): number {
  return count === 0 ? 0 : Math.round(shareOf({ count, missed: 0 }, sample).share * sample.population);
}

/**
 * Ports that NAT has chosen for one address, other than those the clients had. It begins its search at a random port of the
 * range of its rule, or of its class without one, so the lowest and the highest seen tell how wide the range is.
 */
class PortRange {
  #lowest = Number.POSITIVE_INFINITY;
  #highest = 0;
  #count = 0;

  add(port: number): void {
    this.#lowest = Math.min(this.#lowest, port);
    this.#highest = Math.max(this.#highest, port);
    this.#count += 1;
  }

  /**
   * Ports of the range: what is seen and a gap at each end, as wide as those between are on average. Were all ports of the class
   * usable, that none of them lies outside would have the probability (range / class) ^ ports.
   */
  usable(most: number): number {
    if (this.#count < ENOUGH_PORTS) return most;
    const span = this.#highest - this.#lowest + 1;
    const gap = Math.max(0, span / this.#count - 1);
    const range = Math.round(span + 2 * gap);
    return range < most && this.#count * Math.log(range / most) < SURE ? range : most;
  }
}

const NUMBERS = 256;
/** Their identifiers are translated as ports are (net/netfilter/nf_nat_core.c, nf_nat_l4proto_unique_tuple). */
const ICMP = 1;
const ICMPV6 = 58;

/** include/uapi/linux/in.h; others have their number as name. */
const NAMES = new Map([
  [4, 'IPIP'],
  [41, 'IPv6 in IPv4'],
  [47, 'GRE'],
  [50, 'ESP'],
  [51, 'AH'],
  [112, 'VRRP'],
]);
const LISTED_PROTOCOLS = 3;

/** Counts flows that source NAT translates and for which it has no port or identifier to choose, by protocol. */
export class SnatWithoutPorts {
  readonly #counts = new Uint32Array(NUMBERS);

  clear(): void {
    this.#counts.fill(0);
  }

  /** A flow whose source is translated. */
  add(protocol: number): void {
    if (hasPorts(protocol) || protocol === ICMP || protocol === ICMPV6) return;
    this.#counts[protocol]! += 1;
  }

  /** Most first. */
  top(sample: SampleSize): readonly ({ readonly protocol: string } & Share)[] {
    return Array.from(this.#counts, (count, protocol) => ({ count, protocol }))
      .filter(({ count }) => count > 0)
      .sort((a, b) => b.count - a.count)
      .slice(0, LISTED_PROTOCOLS)
      .map(({ count, protocol }) => ({
        protocol: NAMES.get(protocol) ?? `protocol ${protocol}`,
        ...shareOf({ count, missed: 0 }, sample),
      }));
  }
}

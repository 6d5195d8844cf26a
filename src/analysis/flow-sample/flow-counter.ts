import { addressText, type DestinationLabel, familyOf, type Key, type SourceLabel } from '../../model/address.ts';
import type { FlowSample, FlowSampleEnd, PrefixLabel } from '../../model/flow-sample.ts';
import type { Timeout } from '../../model/reading.ts';
import { HeavyHitters } from './heavy-hitters.ts';
import { type SampleSize, shareOf } from './interval.ts';
import { PrefixCount, rankingOf } from './ranking.ts';
import { SnatPorts, type TranslatedFlow } from './snat-ports.ts';
import {
  hasPorts,
  IdleCount,
  type IdleRule,
  idleRuleOf,
  protocolName,
  StateCount,
  TCP,
  TCP_ESTABLISHED,
  trackedProtocol,
} from './states.ts';

/** What is counted of a flow. Numbers are the kernel's own; -1 where the kernel gave none. */
export type CountedFlow = {
  /** AF_INET or AF_INET6. */
  readonly family: number;
  /** Bits IPS_ of include/uapi/linux/netfilter/nf_conntrack_common.h. */
  readonly status: number;
  readonly state: number;
  readonly timeoutSeconds: number;
  readonly original: {
    /** Word 0 is the most significant; an IPv4 address is word 3. */
    sourceWord(word: number): number;
    destinationWord(word: number): number;
    readonly protocol: number;
    readonly sourcePort: number;
    readonly destinationPort: number;
  };
  /** Looked at where the source is translated. */
  readonly reply: TranslatedFlow['reply'];
};

/**
 * Keys held per ranking: 1.2 MB in all, which fits a processor's cache. With more keys a count is too low by at most 1/8192 of
 * the flows read: by two flows in a sample of 20,000.
 */
export const FLOW_COUNTER_CAPACITY = 8192;

export type FlowCounterOptions = {
  /** Keys listed per ranking. */
  readonly top: number;
  /** Keys held per ranking, MAX_CAPACITY at most: about 36 bytes each. FLOW_COUNTER_CAPACITY except in tests. */
  readonly capacity: number;
  /** 32 random bits, which must not be known outside of the process. */
  readonly seed: number;
};

const SEEN_REPLY = 1 << 1;
const ASSURED = 1 << 2;
const SRC_NAT = 1 << 4;
const DST_NAT = 1 << 5;
const OFFLOAD = 1 << 14;

/** Counts the flows of one dump after another in the same memory. */
export function flowCounting({
  top,
  seed,
}: Omit<FlowCounterOptions, 'capacity'>): (timeouts: readonly Timeout[]) => FlowCounter {
  const count = new FlowCounter({ top, capacity: FLOW_COUNTER_CAPACITY, seed });
  return (timeouts) => count.begin(idleRuleOf(timeouts));
}

/**
 * Counts the flows of a dump and makes a flow sample of them. Its memory depends on the keys it holds and not on the number of
 * flows, and is kept from one dump to the next.
 */
export class FlowCounter {
  readonly #top: number;
  readonly #states = new StateCount();
  readonly #idle = new IdleCount();
  readonly #sources: HeavyHitters;
  readonly #destinations: HeavyHitters;
  readonly #prefixes: PrefixCount;
  readonly #snatPorts: SnatPorts;
  #read = 0;
  #unreplied = 0;
  #unassured = 0;
  #nat = 0;
  #sourceNat = 0;
  #destinationNat = 0;
  #offloaded = 0;

  constructor({ top, capacity, seed }: FlowCounterOptions) {
    this.#top = top;
    this.#sources = new HeavyHitters({ capacity, seed });
    this.#destinations = new HeavyHitters({ capacity, seed: seed + 1 });
    this.#prefixes = new PrefixCount(this.#sources, { capacity, seed: seed + 2 });
    this.#snatPorts = new SnatPorts({ capacity, seed: seed + 3 });
  }

  /** Discards the flows of the dump before. Timeouts may have changed, hence a new rule; without one no flow counts as idle. */
  begin(idleRule: IdleRule | undefined): this {
    this.#states.clear();
    this.#idle.clear(idleRule);
    for (const ranking of [this.#sources, this.#destinations, this.#prefixes, this.#snatPorts]) ranking.clear();
    this.#read = 0;
    this.#unreplied = 0;
    this.#unassured = 0;
    this.#nat = 0;
    this.#sourceNat = 0;
    this.#destinationNat = 0;
    this.#offloaded = 0;
    return this;
  }

  add(flow: CountedFlow): void {
    const { family, status, state, original } = flow;
    const protocol = original.protocol;
    this.#read += 1;
    if ((status & SEEN_REPLY) === 0) this.#unreplied += 1;
    if ((status & ASSURED) === 0) this.#unassured += 1;
    if ((status & (SRC_NAT | DST_NAT)) !== 0) this.#addNat(status);
    if ((status & SRC_NAT) !== 0) this.#snatPorts.add(flow);
    if ((status & OFFLOAD) !== 0) this.#offloaded += 1;
    this.#states.add(family, protocol, state, (status & SEEN_REPLY) !== 0);
    if (protocol === TCP && state === TCP_ESTABLISHED) this.#idle.add(flow.timeoutSeconds);
    this.#rank(family, protocol, original);
  }

  #addNat(status: number): void {
    this.#nat += 1;
    if ((status & SRC_NAT) !== 0) this.#sourceNat += 1;
    if ((status & DST_NAT) !== 0) this.#destinationNat += 1;
  }

  #rank(family: number, protocol: number, original: CountedFlow['original']): void {
    const port = hasPorts(protocol) ? original.destinationPort : 0;
    const service = (port << 16) | (trackedProtocol(protocol) << 8) | family;
    const last = original.sourceWord(3);
    if (family !== 10) {
      this.#sources.add(0, 0, 0, last, family);
      this.#prefixes.add(0, 0, last, family);
      this.#destinations.add(0, 0, 0, original.destinationWord(3), service);
      return;
    }
    const a = original.sourceWord(0);
    const b = original.sourceWord(1);
    this.#sources.add(a, b, original.sourceWord(2), last, family);
    this.#prefixes.add(a, b, last, family);
    this.#destinations.add(
      original.destinationWord(0),
      original.destinationWord(1),
      original.destinationWord(2),
      original.destinationWord(3),
      service,
    );
  }

  /** The flow sample of the flows added so far. */
  end({ isComplete, incompleteReason, entriesBefore, entriesAfter }: FlowSampleEnd): FlowSample {
    const read = this.#read;
    const entries = isComplete ? read : entriesBetween(entriesBefore, entriesAfter, read);
    const sample: SampleSize = { read, population: entries ?? Number.POSITIVE_INFINITY };
    const share = (count: number) => shareOf({ count, missed: 0 }, sample);
    return {
      read,
      entries,
      isComplete,
      incompleteReason,
      unreplied: share(this.#unreplied),
      unassured: share(this.#unassured),
      nat: share(this.#nat),
      sourceNat: share(this.#sourceNat),
      destinationNat: share(this.#destinationNat),
      offloaded: share(this.#offloaded),
      states: this.#states.totals(sample),
      idle: this.#idle.totals(sample),
      longestIdleSeconds: this.#idle.longestSeconds,
      sources: rankingOf(this.#sources, this.#top, sample, sourceLabel),
      destinations: rankingOf(this.#destinations, this.#top, sample, destinationLabel),
      prefixes: rankingOf(this.#prefixes.end(), this.#top, sample, prefixLabel),
      snatPorts: this.#snatPorts.top(sample),
    };
  }
}

/** The mean of both counts, since the table changes while it is read, but at least the flows that were read. */
function entriesBetween(before: number | undefined, after: number | undefined, read: number): number | undefined {
  const known = [before, after].filter((count) => count !== undefined);
  if (known.length === 0) return undefined;
  return Math.max(read, Math.round(known.reduce((sum, count) => sum + count, 0) / known.length));
}

function sourceLabel(key: Key): SourceLabel {
  const family = familyOf(key[4]);
  return { family, address: addressText(key, family) };
}

function destinationLabel(key: Key): DestinationLabel {
  const family = familyOf(key[4] & 0xff);
  const protocol = (key[4] >>> 8) & 0xff;
  const port = hasPorts(protocol) ? key[4] >>> 16 : undefined;
  return { family, address: addressText(key, family), port, protocol: protocolName(protocol) };
}

function prefixLabel(key: Key): PrefixLabel {
  const family = familyOf(key[4]);
  return { family, prefix: `${addressText(key, family)}/${family === 'ipv4' ? 24 : 64}` };
}

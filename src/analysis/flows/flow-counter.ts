import type { FlowSample, FlowSampleEnd } from '../../model/flows.ts';
import { IPS } from '../../model/kernel.ts';
import type { Timeout } from '../../model/reading.ts';
import { AF_INET6 } from '../../model/text/address.ts';
import { type SampleSize, shareOf } from './confidence-interval.ts';
import { flowsInTable } from './expired-entries.ts';
import { HeavyHitters } from './heavy-hitters.ts';
import { destinationLabel, PrefixCount, prefixLabel, rankingOf, serviceWord, sourceLabel } from './ranking.ts';
import { SnatPorts, SnatWithoutPorts, type TranslatedFlow } from './snat-ports.ts';
import { StateCount, slotOf } from './states.ts';
import { TimeoutCount } from './timeout-count.ts';
import { type AskedTimeouts, RaisedTimeouts, timeoutRulesOf } from './timeout-rules.ts';

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
  /** Shorter timeouts to count the entries of, in place of the usual ones. */
  readonly asked?: AskedTimeouts | undefined;
  /** See SnatPortsOptions. */
  readonly reusesTimeWait?: boolean | undefined;
};

const { SEEN_REPLY, ASSURED, SRC_NAT, DST_NAT, OFFLOAD } = IPS;

/** Counts the flows of one dump after another in the same memory. */
export function flowCounting(
  options: Omit<FlowCounterOptions, 'capacity'>,
): (timeouts: readonly Timeout[], atMs: number) => FlowCounter {
  const count = new FlowCounter({ ...options, capacity: FLOW_COUNTER_CAPACITY });
  return (timeouts, atMs) => count.begin(timeouts, atMs);
}

/**
 * Counts the flows of a dump and makes a flow sample of them. Its memory depends on the keys it holds and not on the number of
 * flows, and is kept from one dump to the next.
 */
export class FlowCounter {
  readonly #top: number;
  readonly #asked: AskedTimeouts | undefined;
  readonly #states = new StateCount();
  readonly #timeouts = new TimeoutCount();
  readonly #raised = new RaisedTimeouts();
  readonly #sources: HeavyHitters;
  readonly #destinations: HeavyHitters;
  readonly #prefixes: PrefixCount;
  readonly #snatPorts: SnatPorts;
  readonly #snatWithoutPorts = new SnatWithoutPorts();
  #read = 0;
  #unreplied = 0;
  #unassured = 0;
  #nat = 0;
  #sourceNat = 0;
  #destinationNat = 0;
  #offloaded = 0;

  constructor({ top, capacity, seed, asked, reusesTimeWait }: FlowCounterOptions) {
    this.#top = top;
    this.#asked = asked;
    this.#sources = new HeavyHitters({ capacity, seed });
    this.#destinations = new HeavyHitters({ capacity, seed: seed + 1 });
    this.#prefixes = new PrefixCount(this.#sources, { capacity, seed: seed + 2 });
    this.#snatPorts = new SnatPorts({ capacity, seed: seed + 3, reusesTimeWait });
  }

  /**
   * Discards the flows of the dump before.
   * @param timeouts as they are now; what is not among them is not counted
   * @param atMs of a monotonic clock
   */
  begin(timeouts: readonly Timeout[], atMs = 0): this {
    this.#states.clear();
    this.#timeouts.clear(timeoutRulesOf(timeouts, this.#asked, this.#raised.at(timeouts, atMs)));
    for (const ranking of [this.#sources, this.#destinations, this.#prefixes, this.#snatPorts, this.#snatWithoutPorts])
      ranking.clear();
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
    if ((status & SRC_NAT) !== 0) this.#snatWithoutPorts.add(protocol);
    if ((status & OFFLOAD) !== 0) this.#offloaded += 1;
    const slot = slotOf(protocol, state, status);
    this.#states.add(family, slot);
    this.#rank(family, slot, flow);
  }

  #addNat(status: number): void {
    this.#nat += 1;
    if ((status & SRC_NAT) !== 0) this.#sourceNat += 1;
    if ((status & DST_NAT) !== 0) this.#destinationNat += 1;
  }

  #rank(family: number, slot: number, { original, timeoutSeconds }: CountedFlow): void {
    const service = serviceWord(family, original.protocol, original.destinationPort);
    const [source, destination] = [original.sourceWord(3), original.destinationWord(3)];
    if (family !== AF_INET6) {
      this.#sources.add(0, 0, 0, source, family);
      this.#prefixes.add(0, 0, source, family);
      this.#destinations.add(0, 0, 0, destination, service);
      this.#timeouts.add(slot, timeoutSeconds, 0, 0, 0, destination, service);
      return;
    }
    let [a, b, c] = [original.sourceWord(0), original.sourceWord(1), original.sourceWord(2)];
    this.#sources.add(a, b, c, source, family);
    this.#prefixes.add(a, b, source, family);
    [a, b, c] = [original.destinationWord(0), original.destinationWord(1), original.destinationWord(2)];
    this.#destinations.add(a, b, c, destination, service);
    this.#timeouts.add(slot, timeoutSeconds, a, b, c, destination, service);
  }

  /** The flow sample of the flows added so far. */
  end(end: FlowSampleEnd): FlowSample {
    const read = this.#read;
    const inTable = flowsInTable(end, read);
    const sample: SampleSize = { read, population: inTable?.flows ?? Number.POSITIVE_INFINITY };
    const share = (count: number) => shareOf({ count, missed: 0 }, sample);
    return {
      read,
      entries: inTable?.flows,
      expired: inTable?.expired,
      isComplete: end.isComplete,
      incompleteReason: end.incompleteReason,
      unreplied: share(this.#unreplied),
      unassured: share(this.#unassured),
      nat: share(this.#nat),
      sourceNat: share(this.#sourceNat),
      destinationNat: share(this.#destinationNat),
      offloaded: share(this.#offloaded),
      states: this.#states.totals(sample),
      idle: this.#timeouts.idle(sample),
      longestIdleSeconds: this.#timeouts.longestIdleSeconds,
      timeouts: this.#timeouts.effects(this.#states, sample),
      ...(this.#asked && { whatIf: this.#timeouts.whatIf(this.#asked, sample, inTable) }),
      sources: rankingOf(this.#sources, this.#top, sample, sourceLabel),
      destinations: rankingOf(this.#destinations, this.#top, sample, destinationLabel),
      prefixes: rankingOf(this.#prefixes.end(), this.#top, sample, prefixLabel),
      snatPorts: this.#snatPorts.top(sample),
      snatWithoutPorts: this.#snatWithoutPorts.top(sample),
    };
  }
}

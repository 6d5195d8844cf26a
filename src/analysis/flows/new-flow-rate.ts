import type { FlowSample, Level, NewFlows, Openers } from '../../model/flows.ts';
import type { Key } from '../../model/text/address.ts';
import { NORMAL_95 } from './confidence-interval.ts';
import type { CountedFlow } from './flow-counter.ts';
import { HeavyHitters } from './heavy-hitters.ts';
import { destinationLabel, rankingOf, serviceWord, sourceLabel } from './ranking.ts';

/** Keys held per ranking. With more, a count is too low by at most 1/2048 of the flows. */
const CAPACITY = 2048;

type NewFlowCountOptions = {
  /** Openers listed. */
  readonly top: number;
  /** 32 random bits, which must not be known outside of the process. */
  readonly seed: number;
};

/** How a window ended. `lost` are flows that the kernel had no room to tell of. */
type WindowEnd = { readonly windowSeconds: number; readonly lost: number };

/** Counts the new flows of one window after another by who opens them, in the same memory. */
export class NewFlowCount {
  readonly #top: number;
  readonly #sources: HeavyHitters;
  readonly #destinations: HeavyHitters;

  constructor({ top, seed }: NewFlowCountOptions) {
    this.#top = top;
    this.#sources = new HeavyHitters({ capacity: CAPACITY, seed });
    this.#destinations = new HeavyHitters({ capacity: CAPACITY, seed: seed + 1 });
  }

  begin(): this {
    this.#sources.clear();
    this.#destinations.clear();
    return this;
  }

  add({ family, original: it }: Pick<CountedFlow, 'family' | 'original'>): void {
    const service = serviceWord(family, it.protocol, it.destinationPort);
    this.#sources.add(it.sourceWord(0), it.sourceWord(1), it.sourceWord(2), it.sourceWord(3), family);
    const [a, b, c] = [it.destinationWord(0), it.destinationWord(1), it.destinationWord(2)];
    this.#destinations.add(a, b, c, it.destinationWord(3), service);
  }

  end({ windowSeconds, lost }: WindowEnd): NewFlows {
    const heard = this.#sources.total;
    const rate = rateOf(heard + lost, windowSeconds);
    return {
      windowSeconds,
      heard,
      lost,
      ...rate,
      sources: this.#openersOf(this.#sources, sourceLabel, rate.perSecond),
      destinations: this.#openersOf(this.#destinations, destinationLabel, rate.perSecond),
    };
  }

  #openersOf<Label>(hitters: HeavyHitters, label: (key: Key) => Label, perSecond: number): Openers<Label> {
    // The flows of the window are drawn from all that these openers would open in time.
    const sample = { read: hitters.total, population: Number.POSITIVE_INFINITY };
    const { top, other } = rankingOf(hitters, this.#top, sample, label);
    return {
      top: top.map((row) => ({ ...row, perSecond: row.share * perSecond })),
      otherPerSecond: other.share * perSecond,
    };
  }
}

/** The rate of so many arrivals, and what chance makes of it: the interval of a number of Poisson's distribution. */
export function rateOf(arrivals: number, seconds: number): Pick<NewFlows, 'perSecond' | 'low' | 'high'> {
  const low = Math.max(0, Math.sqrt(arrivals) - NORMAL_95 / 2) ** 2;
  const high = (Math.sqrt(arrivals + 1) + NORMAL_95 / 2) ** 2;
  return { perSecond: arrivals / seconds, low: low / seconds, high: high / seconds };
}

const FIRST_MS = 200;
const SHORTEST_MS = 100;
const LONGEST_MS = 1000;
/** Makes a margin of 4 %, and is half of what the kernel has room for. */
const WANTED_FLOWS = 2000;

/** How long to listen, from the rate of the window before; longer where there is little to hear. */
export function windowMs(perSecond: number | undefined): number {
  if (perSecond === undefined) return FIRST_MS;
  return Math.round(Math.min(LONGEST_MS, Math.max(SHORTEST_MS, (1000 * WANTED_FLOWS) / perSecond)));
}

/** A longer timeout is that of a connection, which ends when it is closed. */
const SHORT_SECONDS = 600;
/** Timeouts are not the whole of a residence: packets renew them, and the garbage collector comes late. */
const TOLERANCE = 1.5;

/**
 * In a table that neither fills nor empties each state is left as often as it is entered: by its entries over its timeout, a
 * second. Undefined without a number of entries or timeouts, and where a full table drops new flows or evicts entries: new flows that
 * are dropped are not counted, and evicted entries do not stay for their timeout.
 */
export function levelOf(
  { timeouts, entries }: FlowSample,
  { perSecond, low, high }: NewFlows,
  isAtLimit: boolean,
): Level | undefined {
  if (isAtLimit) return undefined;
  const short = timeouts.filter(({ protocol, state, seconds }) => {
    return seconds <= SHORT_SECONDS && !(protocol === 'tcp' && state === 'established');
  });
  const shortLived = short.reduce((sum, { entries: held }) => sum + (held.flows ?? 0), 0);
  const endingPerSecond = short.reduce((sum, { entries: held, seconds }) => sum + (held.flows ?? 0) / seconds, 0);
  if (entries === undefined || shortLived === 0 || endingPerSecond === 0) return undefined;
  const meanResidenceSeconds = shortLived / endingPerSecond;
  const tooMany = shortLived > TOLERANCE * high * meanResidenceSeconds;
  const tooFew = shortLived * TOLERANCE < low * meanResidenceSeconds;
  return {
    perSecond,
    meanResidenceSeconds,
    expected: Math.round(perSecond * meanResidenceSeconds),
    shortLived,
    longLived: Math.max(0, entries - shortLived),
    conclusion: tooMany ? 'more_entries' : tooFew ? 'fewer_entries' : 'agrees',
  };
}

import type { PrefixLabel, Ranking, Share } from '../../model/flows.ts';
import { addressText, type DestinationLabel, familyOf, type Key, type SourceLabel } from '../../model/text/address.ts';
import { crowdInterval, type SampleSize, shareInCrowd, shareOf } from './confidence-interval.ts';
import { type Counted, HeavyHitters, type HeavyHittersOptions } from './heavy-hitters.ts';
import { hasPorts, protocolName, trackedProtocol } from './states.ts';

/**
 * The first `n` of a ranking. A key that is significantly above the first unlisted one gets an interval of its own. One that
 * is not may be listed only because it was drawn more often than similar keys, and gets an interval that holds for all keys
 * at once: otherwise each of a million sources with one flow would be reported with more than that.
 */
export function rankingOf<Label>(
  hitters: HeavyHitters,
  n: number,
  sample: SampleSize,
  label: (key: Key) => Label,
): Ranking<Label> {
  const { missed } = hitters;
  const counted = hitters.top(n + 1);
  const listed = counted.slice(0, n);
  const next = counted[n];
  const crowd = missed === 0 ? hitters.size : hitters.total;
  const highestByChance = next === undefined && missed === 0 ? 0 : ((next?.count ?? 0) + missed) / sample.read;
  const top = listed.map(({ key, count }) => {
    const tally = { count, missed };
    const isSignificant = crowdInterval(tally, sample, crowd).low >= highestByChance;
    return { ...label(key), ...(isSignificant ? shareOf(tally, sample) : shareInCrowd(tally, sample, crowd)) };
  });
  return { top, other: otherThan(listed, missed, sample), keys: missed === 0 ? hitters.size : undefined, missed };
}

function otherThan(listed: readonly Counted[], missed: number, sample: SampleSize): Share {
  const most = sample.read - listed.reduce((sum, { count }) => sum + count, 0);
  const least = Math.max(0, most - missed * listed.length);
  return { ...shareOf({ count: least, missed: most - least }, sample), ...shareAddingUp(most, sample) };
}

/** The number that adds up to the whole with those listed: the upper end of the possible ones. */
function shareAddingUp(count: number, sample: SampleSize): Pick<Share, 'read' | 'share' | 'flows'> {
  const { read, share, flows } = shareOf({ count, missed: 0 }, sample);
  return { read, share, flows };
}

const IPV6 = 10;

/**
 * Counts the /24 and /64 that flows come from. While every source is held, prefixes are not counted flow by flow
 * but summed from the sources at the end. Once no more sources can be held, each flow is counted.
 */
export class PrefixCount {
  readonly #sources: HeavyHitters;
  readonly #prefixes: HeavyHitters;
  #isCountingFlows = false;

  /** @param sources with the same capacity as the prefixes, of which there are never more than sources */
  constructor(sources: HeavyHitters, options: HeavyHittersOptions) {
    this.#sources = sources;
    this.#prefixes = new HeavyHitters(options);
  }

  clear(): void {
    this.#prefixes.clear();
    this.#isCountingFlows = false;
  }

  /** To be called for each flow after its source was counted. */
  add(a: number, b: number, last: number, family: number): void {
    if (this.#isCountingFlows) this.#add(a, b, last, family, 1);
    else if (this.#sources.size === this.#sources.capacity) this.#sumUp();
  }

  /** The prefixes of the flows added so far. */
  end(): HeavyHitters {
    if (!this.#isCountingFlows) this.#sumUp();
    return this.#prefixes;
  }

  /** Exact, because no source has been discarded so far. */
  #sumUp(): void {
    this.#isCountingFlows = true;
    for (const { key, count } of this.#sources.top(this.#sources.size))
      this.#add(key[0], key[1], key[3], key[4], count);
  }

  #add(a: number, b: number, last: number, family: number, times: number): void {
    if (family === IPV6) this.#prefixes.add(a, b, 0, 0, family, times);
    else this.#prefixes.add(0, 0, 0, last & 0xffffff00, family, times);
  }
}

/** Keys of the rankings as people read them. */

/** A bit that no family has. The kernel gives no port of a protocol that it does not track, DCCP of Linux 6.16 for one. */
const NO_PORT = 0x80;

/** The last word of a destination's key: its port, if it has one, its protocol, and the family of its address. */
export function serviceWord(family: number, protocol: number, destinationPort: number): number {
  const hasPort = hasPorts(protocol) && destinationPort >= 0;
  const port = hasPort ? destinationPort : 0;
  return (port << 16) | (trackedProtocol(protocol) << 8) | family | (hasPort ? 0 : NO_PORT);
}

export function sourceLabel(key: Key): SourceLabel {
  const family = familyOf(key[4]);
  return { family, address: addressText(key, family) };
}

export function destinationLabel(key: Key): DestinationLabel {
  const family = familyOf(key[4] & 0x7f);
  const protocol = (key[4] >>> 8) & 0xff;
  const port = (key[4] & NO_PORT) === 0 ? key[4] >>> 16 : undefined;
  return { family, address: addressText(key, family), port, protocol: protocolName(protocol) };
}

export function prefixLabel(key: Key): PrefixLabel {
  const family = familyOf(key[4]);
  return { family, prefix: `${addressText(key, family)}/${family === 'ipv4' ? 24 : 64}` };
}

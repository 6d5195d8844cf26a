import type { Share } from '../../model/flows.ts';

/** How many flows of how many were read. */
export type SampleSize = {
  /** Flows that were read. */
  readonly read: number;
  /** Flows in the table; Infinity when it is not known, `read` when all were read. */
  readonly population: number;
};

/** Flows of one kind among those read: at least `count`, at most `missed` more (see HeavyHitters). */
export type Tally = { readonly count: number; readonly missed: number };

export type Interval = { readonly low: number; readonly high: number };

/** 1.96 standard deviations are 95 % of a normal distribution. */
export const NORMAL_95 = 1.96;

/**
 * 97 % in theory, so that 95 % hold in practice, where a sample is not ideal: flows come and go while it is taken, the last
 * bucket is cut, and the count includes entries that are never listed.
 */
const Z = 2.17;
/** With fewer than this on either side, Wilson's interval does not reach 95 %. */
const FEW = 30;

/**
 * 95 % interval of a share: Wilson's, for a sample drawn without replacement from a finite population (the fewer flows
 * are left unread, the narrower; a point when all were read), and the one below where a count is small.
 */
export function shareInterval({ count, missed }: Tally, { read, population }: SampleSize): Interval {
  if (read === 0) return { low: 0, high: population === 0 ? 0 : 1 };
  const most = Math.min(read, count + missed);
  if (population <= read) return { low: count / read, high: most / read };
  if (count < FEW || read - most < FEW) return crowdInterval({ count, missed }, { read, population }, 1);
  const drawn = Number.isFinite(population) ? (read * (population - 1)) / (population - read) : read;
  return { low: wilson(count / read, drawn, -Z), high: wilson(most / read, drawn, Z) };
}

/**
 * An interval that holds for all of `crowd` shares at once in 95 % of cases: for keys that may be at the top of a ranking
 * by chance alone. Chernoff's bound, which holds without replacement too (Hoeffding 1963): the shares p for
 * which read * KL(count / read || p) <= ln(2 * crowd / 0.05).
 */
export function crowdInterval({ count, missed }: Tally, { read, population }: SampleSize, crowd: number): Interval {
  if (read === 0) return { low: 0, high: population === 0 ? 0 : 1 };
  const most = Math.min(read, count + missed);
  if (population <= read) return { low: count / read, high: most / read };
  const divergenceLimit = Math.log((2 * Math.max(1, crowd)) / 0.05) / read;
  return { low: farthest(count / read, 0, divergenceLimit), high: farthest(most / read, 1, divergenceLimit) };
}

function wilson(share: number, drawn: number, z: number): number {
  const spread = Math.sqrt((share * (1 - share)) / drawn + (z * z) / (4 * drawn * drawn));
  return clamp((share + (z * z) / (2 * drawn) + z * spread) / (1 + (z * z) / drawn));
}

/** The p between the share and `end` that is farthest from the share and whose divergence is not above `divergenceLimit`. */
function farthest(share: number, end: 0 | 1, divergenceLimit: number): number {
  let [possible, impossible] = [share, end as number];
  for (let step = 0; step < 60; step += 1) {
    const middle = (possible + impossible) / 2;
    if (divergence(share, middle) <= divergenceLimit) possible = middle;
    else impossible = middle;
  }
  return impossible;
}

/** Kullback-Leibler divergence of two Bernoulli distributions. */
function divergence(share: number, p: number): number {
  return term(share, p) + term(1 - share, 1 - p);
}

function term(x: number, y: number): number {
  return x === 0 ? 0 : x * Math.log(x / y);
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}

export function shareOf(tally: Tally, sample: SampleSize): Share {
  return withInterval(tally, sample, shareInterval(tally, sample));
}

/** The share of a key that was picked, out of `crowd` keys, because its count is high. */
export function shareInCrowd(tally: Tally, sample: SampleSize, crowd: number): Share {
  return withInterval(tally, sample, crowdInterval(tally, sample, crowd));
}

function withInterval({ count }: Tally, { read, population }: SampleSize, { low, high }: Interval): Share {
  const share = read === 0 ? 0 : count / read;
  const flows = Number.isFinite(population) ? Math.round(share * population) : undefined;
  return { read: count, share, low, high, flows };
}

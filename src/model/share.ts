import { crowdInterval, type Interval, type Sample, shareInterval, type Tally } from '../analysis/flow-sample/interval.ts';

/** Part of the table's flows. */
export type Share = {
  /** Flows of this kind among those read; the least it can be where a ranking is not exact. */
  readonly read: number;
  /** `read` as part of all that were read, 0 to 1; 0 for an empty table. */
  readonly share: number;
  /** 95 % interval of the share in the whole table. Both are the share itself when every flow was read and counted. */
  readonly low: number;
  readonly high: number;
  /** The share of the table's entries; undefined when their number is not known and not all were read. */
  readonly flows: number | undefined;
};

export function shareOf(tally: Tally, sample: Sample): Share {
  return withInterval(tally, sample, shareInterval(tally, sample));
}

/** For a key that was picked for being high, out of a crowd of so many. */
export function shareInCrowd(tally: Tally, sample: Sample, crowd: number): Share {
  return withInterval(tally, sample, crowdInterval(tally, sample, crowd));
}

function withInterval({ count }: Tally, { read, population }: Sample, { low, high }: Interval): Share {
  const share = read === 0 ? 0 : count / read;
  const flows = Number.isFinite(population) ? Math.round(share * population) : undefined;
  return { read: count, share, low, high, flows };
}

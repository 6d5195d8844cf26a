import type { Share } from '../../model/share.ts';
import { crowdInterval, type Interval, type Sample, shareInterval, type Tally } from './interval.ts';

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

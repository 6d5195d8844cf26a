import type { Key } from '../../model/address.ts';
import type { Ranking } from '../../model/flow-sample.ts';
import type { Share } from '../../model/share.ts';
import type { Counted, HeavyHitters } from './heavy-hitters.ts';
import { crowdInterval, type Sample } from './interval.ts';
import { shareInCrowd, shareOf } from './share.ts';

/**
 * The first `n` of a ranking. A key that is ahead of the first unlisted one beyond luck has an interval of its own. One
 * that is not may be listed for having been drawn more often than others like it, and gets an interval that is wide
 * enough for all keys at once: else every one of a million sources with one flow would be reported as more than that.
 */
export function rankingOf<Label>(
  hitters: HeavyHitters,
  n: number,
  sample: Sample,
  label: (key: Key) => Label,
): Ranking<Label> {
  const { missed } = hitters;
  const counted = hitters.top(n + 1);
  const listed = counted.slice(0, n);
  const next = counted[n];
  const crowd = missed === 0 ? hitters.size : hitters.total;
  const luckiest = next === undefined && missed === 0 ? 0 : ((next?.count ?? 0) + missed) / sample.read;
  const top = listed.map(({ key, count }) => {
    const tally = { count, missed };
    const isApart = crowdInterval(tally, sample, crowd).low >= luckiest;
    return { ...label(key), ...(isApart ? shareOf(tally, sample) : shareInCrowd(tally, sample, crowd)) };
  });
  return { top, other: otherThan(listed, missed, sample), keys: missed === 0 ? hitters.size : undefined, missed };
}

function otherThan(listed: readonly Counted[], missed: number, sample: Sample): Share {
  const most = sample.read - listed.reduce((sum, { count }) => sum + count, 0);
  const least = Math.max(0, most - missed * listed.length);
  return { ...shareOf({ count: least, missed: most - least }, sample), ...shareNamed(most, sample) };
}

/** The number that adds up with those listed, which is the upper end of what it can be. */
function shareNamed(count: number, sample: Sample): Pick<Share, 'read' | 'share' | 'flows'> {
  const { read, share, flows } = shareOf({ count, missed: 0 }, sample);
  return { read, share, flows };
}

import type { FlowSample } from '../../model/flow-sample.ts';
import type { Level, NewFlows } from '../../model/new-flows.ts';

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

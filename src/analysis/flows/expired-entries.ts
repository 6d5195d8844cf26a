import type { FlowSampleEnd } from '../../model/flows.ts';
import { NORMAL_95 } from './confidence-interval.ts';

export type FlowsInTable = {
  /** As many as a whole listing would list, and the interval that holds them in 95 % of cases. */
  readonly flows: number;
  readonly low: number;
  readonly high: number;
  /** Entries that had expired and were counted still; undefined where the count is not known. */
  readonly expired: number | undefined;
};

/**
 * nf_conntrack_count also counts entries that have expired, often a third of all and after a burst most of them, until the
 * garbage collector removes them. A listing lists none and removes those it passes (ctnetlink_dump_table of
 * net/netfilter/nf_conntrack_netlink.c, since Linux 4.9). So a listing of everything has counted the flows, and one that stopped
 * early tells by the fall of the count how many of the others have expired too.
 * @param read flows that were read; there are at least as many
 * @returns undefined where the count is not known and the listing stopped early
 */
export function flowsInTable(end: FlowSampleEnd, read: number): FlowsInTable | undefined {
  const { isComplete, incompleteReason, entriesBefore, entriesAfter, walked = read } = end;
  const last = entriesAfter ?? entriesBefore;
  if (last === undefined) return isComplete ? exactly(read, undefined) : undefined;
  const removed = Math.max(0, (entriesBefore ?? last) - last);
  if (isComplete) return exactly(read, removed);
  if (entriesBefore === undefined || incompleteReason !== 'budget') return exactly(Math.max(read, last), removed);
  // The mean, since a table that grows does so while it is read.
  if (removed === 0) return exactly(Math.max(read, Math.round((entriesBefore + last) / 2)), 0);
  return unexpired(entriesBefore, removed, Math.max(read, walked));
}

function exactly(flows: number, expired: number | undefined): FlowsInTable {
  return { flows, low: flows, high: flows, expired };
}

function unexpired(entries: number, removed: number, walked: number): FlowsInTable {
  const flows = flowsFor(entries, removed, walked);
  const part = walked / flows;
  const chanceOfPart = 2 * (1 - part) * (entries - flows) * Math.sqrt((part * (1 - part)) / flows);
  const spread = NORMAL_95 * Math.hypot(Math.sqrt(removed), chanceOfPart);
  return {
    flows: Math.round(flows),
    low: Math.floor(flowsFor(entries, removed + spread, walked)),
    high: Math.ceil(flowsFor(entries, Math.max(0, removed - spread), walked)),
    expired: Math.max(0, Math.round(entries - flows)),
  };
}

/** The number of flows with which `removed` is what a listing removes, by halving: the more flows, the fewer it would. */
function flowsFor(entries: number, removed: number, walked: number): number {
  let [low, high] = [walked, Math.max(walked, entries)];
  for (let step = 0; step < 50; step += 1) {
    const middle = (low + high) / 2;
    if (removedBy(walked / middle, entries - middle) > removed) low = middle;
    else high = middle;
  }
  return high;
}

/** An entry is chained at both directions: it is listed at the first alone, and found to have expired at either. */
function removedBy(part: number, expired: number): number {
  return (1 - (1 - part) ** 2) * expired;
}

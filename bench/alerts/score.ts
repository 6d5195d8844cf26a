import { median } from '../../src/analysis/table/growth.ts';
import type { Contender, FirstAlert } from './contenders.ts';
import type { AlarmReplay } from './replay.ts';

/**
 * An alert later than this is too late for a full table. A ticket is about a steady rate, which takes some minutes to
 * distinguish from a few lost packets.
 */
const TOO_LATE_SECONDS = { page: 300, ticket: 900, nothing: Number.POSITIVE_INFINITY } as const;

/** What happened on a trace, independent of the alerts. */
export type Outcome = Pick<AlarmReplay, 'trace' | 'firstLossAt'>;

export type Score = {
  /** Traces on which packets are lost, and those of them without an alert in time. */
  readonly losses: number;
  readonly missed: number;
  /** Seconds from the first alert to the first lost packet, one for each trace that can be seen coming; -Infinity: missed. */
  readonly leads: readonly number[];
  /** The same to the first page. */
  readonly pageLeads: readonly number[];
  /** Seconds from the first lost packet to the first page where nothing announces it; Infinity: missed. */
  readonly delays: readonly number[];
  /** Traces that deserve no page. */
  readonly harmless: number;
  /** Those of them that got one; and how many pages there were. */
  readonly undeservedPages: number;
  readonly pagesOnHarmless: number;
  /** Traces that deserve nothing at all and got a ticket. */
  readonly undeservedTickets: number;
};

export function scoreOf({ alerts, pages }: Contender, outcomes: readonly Outcome[]): Score {
  const lost = indexes(outcomes, isLoss);
  const harmless = indexes(outcomes, ({ trace }) => trace.deserves !== 'page');
  const healthy = indexes(outcomes, ({ trace }) => trace.deserves === 'nothing');
  const forTableFull = lost.filter((i) => outcomes[i]!.trace.deserves === 'page');
  const foreseeable = forTableFull.filter((i) => outcomes[i]!.trace.risesAt !== undefined);
  const sudden = forTableFull.filter((i) => outcomes[i]!.trace.risesAt === undefined);
  const lead = (firsts: readonly (FirstAlert | undefined)[], i: number) => leadOf(firsts[i], outcomes[i]!);
  return {
    losses: lost.length,
    missed: lost.filter((i) => isMissed(alerts[i], outcomes[i]!)).length,
    leads: foreseeable.map((i) => lead(alerts, i)),
    pageLeads: foreseeable.map((i) => lead(pages, i)),
    delays: sudden.map((i) => 0 - lead(pages, i)),
    harmless: harmless.length,
    undeservedPages: harmless.filter((i) => pages[i] !== undefined).length,
    pagesOnHarmless: harmless.reduce((sum, i) => sum + (pages[i]?.times ?? 0), 0),
    undeservedTickets: healthy.filter((i) => alerts[i] !== undefined && pages[i] === undefined).length,
  };
}

/** A few packets lost to insertion races need no alert: then the trace deserves nothing. */
export function isLoss({ trace, firstLossAt }: Outcome): boolean {
  return firstLossAt !== undefined && trace.deserves !== 'nothing';
}

/** Whether nothing was said of the loss, or too late. */
export function isMissed(first: FirstAlert | undefined, outcome: Outcome): boolean {
  return isLoss(outcome) && leadOf(first, outcome) < -TOO_LATE_SECONDS[outcome.trace.deserves];
}

/** Seconds by which the alert came before the first lost packet; -Infinity without an alert. */
export function leadOf(first: FirstAlert | undefined, { firstLossAt }: Outcome): number {
  return first === undefined || firstLossAt === undefined ? Number.NEGATIVE_INFINITY : firstLossAt - first.atSeconds;
}

/** Seconds from the begin of the rise to the first lost packet; undefined where nothing announces the loss. */
export function riseSecondsOf({ trace, firstLossAt }: Outcome): number | undefined {
  return trace.risesAt === undefined || firstLossAt === undefined ? undefined : firstLossAt - trace.risesAt;
}

export const medianOf = (values: readonly number[]): number => median(values) ?? Number.NaN;

function indexes(outcomes: readonly Outcome[], wanted: (outcome: Outcome) => boolean): number[] {
  return outcomes.flatMap((outcome, i) => (wanted(outcome) ? [i] : []));
}

import { median } from '../../src/judge/median.ts';
import type { Call, Contender } from './contenders.ts';
import type { Replay } from './replay.ts';

/** Who hears of a loss later than this hears of it from somebody else. */
const TOO_LATE_SECONDS = 300;

export type Score = {
  readonly losses: number;
  readonly missed: number;
  /** Seconds from the first call to the first lost packet, one for each trace that can be seen coming; -Infinity: missed. */
  readonly leads: readonly number[];
  /** The same to the first page, tickets left out. */
  readonly pageLeads: readonly number[];
  /** Seconds from the first lost packet to the first page where nothing announces it; Infinity: missed. */
  readonly delays: readonly number[];
  readonly calmTraces: number;
  /** Traces that deserve no page and got one; and how many pages there were. */
  readonly falsePages: number;
  readonly pagesOnCalm: number;
  /** Traces that deserve nothing at all and got a ticket. */
  readonly falseTickets: number;
};

export function scoreOf({ notices, pages }: Contender, replays: readonly Replay[]): Score {
  const lost = indexes(replays, ({ firstLossAt }) => firstLossAt !== undefined);
  const calm = indexes(replays, ({ trace }) => trace.deserves !== 'page');
  const healthy = indexes(replays, ({ trace }) => trace.deserves === 'nothing');
  const forRoom = lost.filter((i) => replays[i]!.trace.deserves === 'page');
  const foreseeable = forRoom.filter((i) => replays[i]!.trace.risesAt !== undefined);
  const sudden = forRoom.filter((i) => replays[i]!.trace.risesAt === undefined);
  const lead = (calls: readonly (Call | undefined)[], i: number) => leadOf(calls[i], replays[i]!);
  return {
    losses: lost.length,
    missed: lost.filter((i) => lead(notices, i) < -TOO_LATE_SECONDS).length,
    leads: foreseeable.map((i) => lead(notices, i)),
    pageLeads: foreseeable.map((i) => lead(pages, i)),
    delays: sudden.map((i) => 0 - lead(pages, i)),
    calmTraces: calm.length,
    falsePages: calm.filter((i) => pages[i] !== undefined).length,
    pagesOnCalm: calm.reduce((sum, i) => sum + (pages[i]?.times ?? 0), 0),
    falseTickets: healthy.filter((i) => notices[i] !== undefined && pages[i] === undefined).length,
  };
}

/** Seconds by which the call came before the first lost packet; -Infinity without a call. */
export function leadOf(call: Call | undefined, { firstLossAt }: Replay): number {
  return call === undefined || firstLossAt === undefined ? Number.NEGATIVE_INFINITY : firstLossAt - call.atSeconds;
}

export const medianOf = (values: readonly number[]): number => median(values) ?? Number.NaN;

function indexes(replays: readonly Replay[], wanted: (replay: Replay) => boolean): number[] {
  return replays.flatMap((replay, i) => (wanted(replay) ? [i] : []));
}

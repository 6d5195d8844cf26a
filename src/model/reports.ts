/** Parts of a status as a person reads them and as the JSON API returns them. */
import type { LossCause } from './loss-causes.ts';

/** What to do where the table is another namespace's. */
export const FOREIGN_REMEDY = 'Set hostNetwork: true in the pod, or run the agent outside of any network namespace';

/** `not_loaded`: this kernel tracks no connections. `no_data`: it may, but the agent cannot read it. */
export type SummaryLevel = 'ok' | 'warning' | 'critical' | 'no_data' | 'not_loaded';

/** One line on the state of the node, for the person on call. */
export type Summary = { readonly level: SummaryLevel; readonly text: string };

/** Losses of one cause, in packets; in entries for evictions. */
export type LossReport = Pick<LossCause, 'id' | 'label' | 'sentence' | 'summary' | 'remedy'> & {
  /** Mean of the last ten seconds. */
  readonly perSecond: number;
  readonly lastMinute: number;
  /** Of the last hour, or of as much of it as the slice holds. */
  readonly lastHour: number;
  /** More was lost in the last minute than on a healthy node. */
  readonly isAboveBaseline: boolean;
};

export type TimeAbove = {
  /** Seconds in which count and limit are known. */
  readonly seconds: number;
  /** Part of them, 0 to 1, in which usage was above that at some moment. */
  readonly shares: readonly { readonly usage: number; readonly share: number }[];
};

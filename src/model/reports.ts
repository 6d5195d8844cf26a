/** What is told of a status: to a person, and in JSON. */
import type { LossCause } from './loss-causes.ts';

/** What to do where the table is another namespace's. */
export const FOREIGN_REMEDY = 'Set hostNetwork: true in the pod, or run the agent outside of any network namespace';

/** `not_loaded`: this kernel tracks no connections, so there is nothing to fill. `no_data`: it may, and the agent cannot see. */
export type SummaryLevel = 'ok' | 'warning' | 'critical' | 'no_data' | 'not_loaded';

/** One line on the node that a person understands when woken. */
export type Summary = { readonly level: SummaryLevel; readonly text: string };

/** What was lost in one way, in packets; entries, for those evicted. */
export type LossReport = Pick<LossCause, 'id' | 'label' | 'sentence' | 'summary' | 'remedy'> & {
  /** Mean of the last ten seconds. */
  readonly perSecond: number;
  readonly lastMinute: number;
  /** Of the last hour, or of as much of it as the slice holds. */
  readonly lastHour: number;
  /** More of it in the last minute than a healthy node has. */
  readonly isAboveBaseline: boolean;
};

export type TimeAbove = {
  /** Seconds in which count and limit are known. */
  readonly seconds: number;
  /** Part of them, 0 to 1, in which usage was above that at some moment. */
  readonly shares: readonly { readonly usage: number; readonly share: number }[];
};

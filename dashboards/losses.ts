/** The counters that tell of losses. Their words are those of the table of loss causes. */

import { LOSS_CAUSE_ROWS, type LossCauseId } from '../src/model/alarms/loss-causes.ts';
import type { DropCause, InsertFailureCause } from '../src/model/status.ts';

type Counter = {
  readonly metric: string;
  /** One series for each network interface, which all tell of one allowance: never a sum. */
  readonly isByDevice?: true;
  /** Of a counter with the label `cause`. */
  readonly cause?: InsertFailureCause | DropCause;
};

/** Of a loss cause, with the words that the panels show. */
export type Loss = Counter & { readonly label: string; readonly meaning: string };

const BY_CAUSE = 'conntrack_insert_failures_by_cause_total';
const DROPS_BY_CAUSE = 'conntrack_drops_by_cause_total';

const COUNTERS: Readonly<Record<LossCauseId, Counter>> = {
  table_full: { metric: 'conntrack_table_full_drops_total' },
  cloud_allowance: { metric: 'conntrack_cloud_allowance_exceeded_total', isByDevice: true },
  evicted: { metric: 'conntrack_early_drops_total' },
  insert_failures: { metric: BY_CAUSE, cause: 'race' },
  snat_ports_exhausted: { metric: BY_CAUSE, cause: 'snat_ports' },
  nat_without_ports: { metric: BY_CAUSE, cause: 'nat_without_ports' },
  insert_failures_unexplained: { metric: BY_CAUSE, cause: 'unknown' },
  memory_drops: { metric: DROPS_BY_CAUSE, cause: 'memory' },
  tracker_drops: { metric: DROPS_BY_CAUSE, cause: 'tracker' },
  unexplained_drops: { metric: DROPS_BY_CAUSE, cause: 'unknown' },
  chains_too_long: { metric: 'conntrack_chain_too_long_total' },
  invalid_packets: { metric: 'conntrack_invalid_packets_total' },
  nat_collisions: { metric: 'conntrack_nat_collisions_total' },
};

export const LOSSES = Object.fromEntries(
  LOSS_CAUSE_ROWS.map(({ id, label, sentence, remedy }) => {
    return [id, { ...COUNTERS[id], label, meaning: `${sentence}. ${remedy[0]}` }];
  }),
) as Readonly<Record<LossCauseId, Loss>>;

export const ALL_LOSSES: readonly Loss[] = Object.values(LOSSES);

/** Normal in small numbers, and lost only if somebody drops them. */
const HARMLESS: readonly LossCauseId[] = ['invalid_packets', 'nat_collisions'];

/** Only nodes of some clouds have it, which have panels of their own. */
const ELSEWHERE: readonly LossCauseId[] = ['cloud_allowance'];

const having = (isHarmless: boolean) =>
  LOSS_CAUSE_ROWS.filter(({ id }) => HARMLESS.includes(id) === isHarmless && !ELSEWHERE.includes(id)).map(
    ({ id }) => LOSSES[id],
  );

export const LOST = having(false);
export const ALSO_COUNTED = having(true);

/** Of a counter under `over`. */
export function lossBy(
  over: 'rate' | 'increase',
  range: string,
  { metric, cause, isByDevice }: Counter,
  selector: string,
): string {
  const of = cause === undefined ? selector : `cause="${cause}", ${selector}`;
  const grown = `${over}(${metric}{${of}}[${range}])`;
  return isByDevice ? `max without (device) (${grown})` : grown;
}

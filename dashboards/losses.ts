/** The counters that tell of losses. Their words are those of the table of loss causes. */
import { LOSS_CAUSE_ROWS, type LossCauseId } from '../src/model/loss-causes.ts';

type Counter = {
  readonly metric: string;
  /** A part of that counter which is another cause. */
  readonly less?: string;
  /** One series for each network interface, which all tell of one allowance: never a sum. */
  readonly isByDevice?: true;
};

/** Of a loss cause, with the words that the panels show. */
export type Loss = Counter & { readonly label: string; readonly meaning: string };

const COUNTERS: Readonly<Record<LossCauseId, Counter>> = {
  table_full: { metric: 'conntrack_table_full_drops_total' },
  cloud_allowance: { metric: 'conntrack_cloud_allowance_exceeded_total', isByDevice: true },
  evicted: { metric: 'conntrack_early_drops_total' },
  insert_failures: { metric: 'conntrack_insert_failures_total', less: 'conntrack_chain_too_long_total' },
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

/** Of a counter under `over`; a kernel that does not tell long chains from other failures has only their sum. */
export function lossBy(
  over: 'rate' | 'increase',
  range: string,
  { metric, less, isByDevice }: Counter,
  selector: string,
): string {
  const grown = `${over}(${metric}{${selector}}[${range}])`;
  if (isByDevice) return `max without (device) (${grown})`;
  if (less === undefined) return grown;
  return `${grown} - (${over}(${less}{${selector}}[${range}]) or 0 * ${grown})`;
}

/** The families of new flows: how many a second, and who opens them. */
import type { CountedNewFlows, Opener, Openers } from '../model/flows.ts';
import type { Family, FamilyTexts, Scalar, Series } from './family.ts';

/** The last window; undefined as a whole where none is opened. */
export type NewFlowSource = {
  /** Undefined before the first window, and after one that failed. */
  readonly counted: CountedNewFlows | undefined;
  readonly ageSeconds: number | undefined;
  readonly lost: number;
  readonly failures: number;
};

export const NEW_FLOWS = [
  {
    name: 'conntrack_new_flows_per_second',
    type: 'gauge',
    help: 'New flows a second, heard from the kernel for up to a second; absent where it tells nobody of them',
    value: (source) => source?.counted?.newFlows.perSecond,
  },
  {
    name: 'conntrack_new_flows_margin_per_second',
    type: 'gauge',
    help: 'How far off conntrack_new_flows_per_second may be in 95 % of cases, by chance',
    value: (source) => source?.counted && marginOf(source.counted.newFlows),
  },
  {
    name: 'conntrack_new_flows_age_seconds',
    type: 'gauge',
    help: 'Time since new flows were counted last',
    value: (source) => source?.ageSeconds,
  },
  {
    name: 'conntrack_new_flows_lost_total',
    type: 'counter',
    help: 'New flows that the kernel had no room to tell of; they are in the rate, but not in who opens them',
    value: (source) => source?.lost,
  },
  {
    name: 'conntrack_new_flows_failures_total',
    type: 'counter',
    help: 'Times new flows could not be counted; the log says why, and there is no rate then',
    value: (source) => source?.failures,
  },
] as const satisfies readonly Scalar<NewFlowSource | undefined>[];

export const TOP_OPENERS = {
  name: 'conntrack_top_openers',
  type: 'gauge',
  labels: ['ranking', 'address', 'port', 'protocol'],
  help: 'New flows a second of the sources and destinations that have most of them; address="other" is the rest of the ranking',
} as const satisfies Family;

/** Keys of a ranking that get a series, with `other` one more: 12 series, and 5 others, at most. */
const TOP_SERIES = 5;

function marginOf({ perSecond, low, high }: CountedNewFlows['newFlows']): number {
  return Math.max(perSecond - low, high - perSecond);
}

type Labels = 'ranking' | 'address' | 'port' | 'protocol';
type Key = { readonly address: string; readonly port?: number | undefined; readonly protocol?: string };

function openerSeries<Label extends Key>(ranking: string, { top, otherPerSecond }: Openers<Label>): Series<Labels>[] {
  const labels = ({ address, port, protocol = '' }: Key) => {
    return { ranking, address, port: port === undefined ? '' : String(port), protocol };
  };
  const listed: readonly Opener<Key>[] = top.slice(0, TOP_SERIES);
  const rest = top.slice(TOP_SERIES).reduce((sum, { perSecond }) => sum + perSecond, otherPerSecond);
  return [
    ...listed.map((row) => ({ labels: labels(row), value: row.perSecond })),
    { labels: labels({ address: 'other' }), value: rest },
  ];
}

/** Registers the families of new flows; the result publishes one window. */
export function registerNewFlows(families: FamilyTexts): (source: NewFlowSource | undefined) => void {
  const scalars = families.scalars(NEW_FLOWS);
  const openers = families.labelled(TOP_OPENERS);
  return function publish(source) {
    scalars(source);
    const newFlows = source?.counted?.newFlows;
    openers(
      newFlows === undefined
        ? []
        : [...openerSeries('source', newFlows.sources), ...openerSeries('destination', newFlows.destinations)],
    );
  };
}

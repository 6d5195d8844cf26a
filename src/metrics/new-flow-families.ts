/** The families of new flows: how many a second, and who opens them. */
import type { CountedNewFlows, Opener, Openers } from '../model/flows.ts';
import { type Family, family, type Series, single } from './family.ts';

export const NEW_FLOW_FAMILIES: readonly Family[] = [
  family({
    name: 'conntrack_new_flows_per_second',
    type: 'gauge',
    help: 'New flows a second, heard from the kernel for up to a second; absent where it tells nobody of them',
    labels: [],
    series: ({ newFlows }) => single(newFlows?.counted?.newFlows.perSecond),
  }),
  family({
    name: 'conntrack_new_flows_margin_per_second',
    type: 'gauge',
    help: 'How far off conntrack_new_flows_per_second may be in 95 % of cases, by chance',
    labels: [],
    series: ({ newFlows }) => single(newFlows?.counted && marginOf(newFlows.counted.newFlows)),
  }),
  family({
    name: 'conntrack_new_flows_age_seconds',
    type: 'gauge',
    help: 'Time since new flows were counted last',
    labels: [],
    series: ({ newFlows }) => single(newFlows?.ageSeconds),
  }),
  family({
    name: 'conntrack_new_flows_lost_total',
    type: 'counter',
    help: 'New flows that the kernel had no room to tell of; they are in the rate, but not in who opens them',
    labels: [],
    series: ({ newFlows }) => single(newFlows?.lost),
  }),
  family({
    name: 'conntrack_new_flows_failures_total',
    type: 'counter',
    help: 'Times new flows could not be counted; the log says why, and there is no rate then',
    labels: [],
    series: ({ newFlows }) => single(newFlows?.failures),
  }),
  family({
    name: 'conntrack_top_openers',
    type: 'gauge',
    help: 'New flows a second of the sources and destinations that have most of them; address="other" is the rest of the ranking',
    labels: ['ranking', 'address', 'port', 'protocol'],
    series: ({ newFlows }) => {
      const counted = newFlows?.counted?.newFlows;
      if (counted === undefined) return [];
      return [...openerSeries('source', counted.sources), ...openerSeries('destination', counted.destinations)];
    },
  }),
];

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

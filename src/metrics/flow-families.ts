import type { CountedNewFlows, FlowSample, Opener, Openers, Share, StateTotal } from '../model/flows.ts';
import { type Family, family, type Publication, type Series, single } from './family.ts';

/** The families of a flow sample: flows by state, the top sources, destinations and prefixes, NAT ports, and the sample itself. */
export const FLOW_FAMILIES: readonly Family[] = [
  family({
    name: 'conntrack_flows',
    type: 'gauge',
    help: 'Flows by state, as the last flow sample scales them to the table',
    labels: ['family', 'protocol', 'state'],
    series: onceForEachSample(flowsSeries),
  }),
  family({
    name: 'conntrack_top_flows',
    type: 'gauge',
    help: 'Flows of the top sources, destinations and source prefixes; address="other" is the rest of the ranking',
    labels: ['ranking', 'address', 'port', 'protocol'],
    series: onceForEachSample(topFlowsSeries),
  }),
  family({
    name: 'conntrack_flow_share',
    type: 'gauge',
    help: 'Part of all flows, 0 to 1: unreplied, not assured, NATed, offloaded, established TCP idle for longer than that',
    labels: ['of'],
    series: onceForEachSample(shareSeries),
  }),
  family({
    name: 'conntrack_flows_unlisted',
    type: 'gauge',
    help: 'Entries that the kernel counts and no listing shows, so in no other series; only after a flow sample that --flows.sample-size did not end',
    labels: [],
    series: ({ flowSample }) => single(flowSample?.taken?.unlisted),
  }),
  family({
    name: 'conntrack_flows_expired',
    type: 'gauge',
    help: 'Entries that had expired when the last flow sample was taken, so in no other series: the kernel counts them until it removes them, within a minute',
    labels: [],
    series: ({ flowSample }) => single(flowSample?.taken?.flowSample.expired),
  }),
  family({
    name: 'conntrack_flow_sample_margin_ratio',
    type: 'gauge',
    help: 'Margin of error of the shares of this flow sample in 95 % of cases, as a share of all flows; 0 when it is complete',
    labels: [],
    series: ({ flowSample }) => single(flowSample?.taken && largestMargin(flowSample.taken.flowSample)),
  }),
  family({
    name: 'conntrack_flow_sample_complete',
    type: 'gauge',
    help: '1 when every flow was read; 0 when --flows.sample-size ended it, the hash was resized meanwhile, or far fewer were listed than counted',
    labels: [],
    series: ({ flowSample }) => single(flowSample?.taken && Number(flowSample.taken.flowSample.isComplete)),
  }),
  family({
    name: 'conntrack_flow_sample_flows',
    type: 'gauge',
    help: 'Flows read by the last flow sample',
    labels: [],
    series: ({ flowSample }) => single(flowSample?.taken?.flowSample.read),
  }),
  family({
    name: 'conntrack_flow_sample_age_seconds',
    type: 'gauge',
    help: 'Time since the last flow sample that succeeded',
    labels: [],
    series: ({ flowSample }) => single(flowSample?.ageSeconds),
  }),
  family({
    name: 'conntrack_flow_sample_duration_seconds',
    type: 'gauge',
    help: 'Time the last flow sample took',
    labels: [],
    series: ({ flowSample }) => single(flowSample?.taken?.durationSeconds),
  }),
  family({
    name: 'conntrack_flow_sample_failures_total',
    type: 'counter',
    help: 'Flow samples that failed; the log says why, and the one before stays',
    labels: [],
    series: ({ flowSample }) => single(flowSample?.failures),
  }),
  family({
    name: 'conntrack_flow_sample_skipped_total',
    type: 'counter',
    help: 'Flow samples not taken: one was running, the event loop was late, or the node was short of memory',
    labels: ['reason'],
    series: ({ flowSample }) =>
      Array.from(flowSample?.skipped ?? [], ([reason, value]) => ({ labels: { reason }, value })),
  }),
  family({
    name: 'conntrack_snat_ports_used_ratio',
    type: 'gauge',
    help: 'Ports that source NAT uses from one address to one destination and port, as a share of those it can use: the ten highest of the last flow sample',
    labels: ['address', 'destination', 'port', 'protocol'],
    series: onceForEachSample(snatPortSeries),
  }),
  family({
    name: 'conntrack_snat_ports_margin_ratio',
    type: 'gauge',
    help: 'Margin of error of conntrack_snat_ports_used_ratio in 95 % of cases, of the highest; 0 when the flow sample is complete',
    labels: [],
    series: ({ flowSample }) => single(flowSample?.taken && snatPortsMargin(flowSample.taken.flowSample)),
  }),
];

/** A flow sample has up to 132 series and is replaced every few minutes: they are made once for each, not for each scrape. */
function onceForEachSample<Label extends string>(
  seriesOf: (flowSample: FlowSample) => readonly Series<Label>[],
): (publication: Publication) => readonly Series<Label>[] {
  const made = new WeakMap<FlowSample, readonly Series<Label>[]>();
  return ({ flowSample: source }) => {
    const flowSample = source?.taken?.flowSample;
    if (flowSample === undefined) return [];
    const series = made.get(flowSample) ?? seriesOf(flowSample);
    made.set(flowSample, series);
    return series;
  };
}

const IDLE_NAMES = new Map([
  [600, 'idle_10m'],
  [3600, 'idle_1h'],
  [86_400, 'idle_1d'],
]);

function shareSeries(flowSample: FlowSample): Series<'of'>[] {
  const shares: readonly (readonly [string, Share])[] = [
    ['unreplied', flowSample.unreplied],
    ['unassured', flowSample.unassured],
    ['nat', flowSample.nat],
    ['source_nat', flowSample.sourceNat],
    ['destination_nat', flowSample.destinationNat],
    ['offloaded', flowSample.offloaded],
    ...(flowSample.idle ?? []).map((row) => [IDLE_NAMES.get(row.overSeconds)!, row] as const),
  ];
  return shares.map(([of, { share }]) => ({ labels: { of }, value: share }));
}

/** The largest margin of error of all the shares that are exported. */
function largestMargin(flowSample: FlowSample): number {
  const { unreplied, unassured, nat, sourceNat, destinationNat, offloaded, states, idle = [] } = flowSample;
  const rankings = [flowSample.sources, flowSample.destinations, flowSample.prefixes];
  const all: readonly Share[] = [
    ...[unreplied, unassured, nat, sourceNat, destinationNat, offloaded, ...states, ...idle],
    ...rankings.flatMap(({ top, other }) => [...top, other]),
  ];
  return Math.max(...all.map(({ share, low, high }) => Math.max(share - low, high - share)));
}

/** At most ten. */
function snatPortSeries({ snatPorts }: FlowSample): Series<'address' | 'destination' | 'port' | 'protocol'>[] {
  return snatPorts.map(({ address, destination, port, protocol, share }) => {
    return { labels: { address, destination, port: String(port), protocol }, value: share };
  });
}

function snatPortsMargin({ snatPorts: [highest] }: FlowSample): number | undefined {
  return highest && Math.max(highest.share - highest.low, highest.high - highest.share);
}

/** Keys of a ranking that get a series, with `other` one more; longer rankings are in the JSON. */
const TOP_SERIES = 20;
/**
 * Rows of conntrack_flows. With three rankings of 21 series and 19 others, a flow sample has at most 120 series of these, whatever is in the table.
 */
const STATE_SERIES = 38;

/** Without a number of entries there is nothing to scale shares to, and no series. */
function flowsSeries({ states }: FlowSample): Series<'family' | 'protocol' | 'state'>[] {
  return foldStates(states).flatMap(({ family, protocol, state, flows }) =>
    flows === undefined ? [] : [{ labels: { family, protocol, state }, value: flows }],
  );
}

type StateFlows = Pick<StateTotal, 'family' | 'protocol' | 'state' | 'flows'>;

/** Rows beyond STATE_SERIES are added to the row `other` of their family, which may exist already. */
function foldStates(states: readonly StateFlows[]): readonly StateFlows[] {
  if (states.length <= STATE_SERIES) return states;
  const isOther = ({ protocol, state }: StateFlows) => protocol === 'other' && state === 'other';
  const named = states.filter((row) => !isOther(row));
  const kept = named.slice(0, STATE_SERIES - 2);
  const folded = [...named.slice(STATE_SERIES - 2), ...states.filter(isOther)];
  const others = (['ipv4', 'ipv6'] as const).flatMap((family): StateFlows[] => {
    const rows = folded.filter((row) => row.family === family);
    const flows = rows.reduce<number | undefined>((sum, row) => plus(sum, row.flows), 0);
    return rows.length === 0 ? [] : [{ family, protocol: 'other', state: 'other', flows }];
  });
  return [...kept, ...others];
}

function topFlowsSeries({ sources, destinations, prefixes }: FlowSample): TopSeries[] {
  return [
    ...rankingSeries('source', sources, ({ address }) => ({ address })),
    ...rankingSeries('destination', destinations, ({ address, port, protocol }) => ({
      address,
      port: port === undefined ? '' : String(port),
      protocol,
    })),
    ...rankingSeries('prefix', prefixes, ({ prefix }) => ({ address: prefix })),
  ];
}

type TopSeries = Series<'ranking' | 'address' | 'port' | 'protocol'>;

type Key = { readonly address: string; readonly port?: string; readonly protocol?: string };

function rankingSeries<Row extends Share>(
  ranking: string,
  { top, other }: { readonly top: readonly Row[]; readonly other: Share },
  keyOf: (row: Row) => Key,
): TopSeries[] {
  const series = ({ address, port = '', protocol = '' }: Key, flows: number | undefined) =>
    flows === undefined ? [] : [{ labels: { ranking, address, port, protocol }, value: flows }];
  const rest = top.slice(TOP_SERIES).reduce((sum, { flows }) => plus(sum, flows), other.flows);
  return [
    ...top.slice(0, TOP_SERIES).flatMap((row) => series(keyOf(row), row.flows)),
    ...series({ address: 'other' }, rest),
  ];
}

function plus(sum: number | undefined, flows: number | undefined): number | undefined {
  return sum === undefined || flows === undefined ? undefined : sum + flows;
}

/** The families of new flows: how many a second, and who opens them. */

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
const OPENER_SERIES = 5;

function marginOf({ perSecond, low, high }: CountedNewFlows['newFlows']): number {
  return Math.max(perSecond - low, high - perSecond);
}

type Labels = 'ranking' | 'address' | 'port' | 'protocol';
type OpenerKey = { readonly address: string; readonly port?: number | undefined; readonly protocol?: string };

function openerSeries<Label extends OpenerKey>(
  ranking: string,
  { top, otherPerSecond }: Openers<Label>,
): Series<Labels>[] {
  const labels = ({ address, port, protocol = '' }: OpenerKey) => {
    return { ranking, address, port: port === undefined ? '' : String(port), protocol };
  };
  const listed: readonly Opener<OpenerKey>[] = top.slice(0, OPENER_SERIES);
  const rest = top.slice(OPENER_SERIES).reduce((sum, { perSecond }) => sum + perSecond, otherPerSecond);
  return [
    ...listed.map((row) => ({ labels: labels(row), value: row.perSecond })),
    { labels: labels({ address: 'other' }), value: rest },
  ];
}

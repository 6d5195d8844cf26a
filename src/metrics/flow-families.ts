import type { FlowSample, Share, StateTotal, TakenFlowSample } from '../model/flows.ts';
import type { Family, FamilyTexts, Scalar, Series } from './family.ts';

/** The last flow sample and the counts of those that were not taken; undefined as a whole where flow samples are off. */
export type FlowSampleSource = {
  /** Undefined before the first flow sample. */
  readonly taken: TakenFlowSample | undefined;
  readonly ageSeconds: number | undefined;
  /** By reason; holds every reason from the start. */
  readonly skipped: ReadonlyMap<string, number>;
  readonly failures: number;
};

export const SHARE = {
  name: 'conntrack_flow_share',
  type: 'gauge',
  labels: ['of'],
  help: 'Part of all flows, 0 to 1: unreplied, not assured, NATed, offloaded, established TCP idle for longer than that',
} as const satisfies Family;

export const SKIPPED = {
  name: 'conntrack_flow_sample_skipped_total',
  type: 'counter',
  labels: ['reason'],
  help: 'Flow samples not taken: one was running, the event loop was late, or the node was short of memory',
} as const satisfies Family;

export const FLOW_SAMPLE = [
  {
    name: 'conntrack_flows_unlisted',
    type: 'gauge',
    help: 'Entries that the kernel counts and no listing shows, so in no other series; only after a flow sample that --flows.sample-size did not end',
    value: (source) => source?.taken?.unlisted,
  },
  {
    name: 'conntrack_flows_expired',
    type: 'gauge',
    help: 'Entries that had expired when the last flow sample was taken, so in no other series: the kernel counts them until it removes them, within a minute',
    value: (source) => source?.taken?.flowSample.expired,
  },
  {
    name: 'conntrack_flow_sample_margin_ratio',
    type: 'gauge',
    help: 'Margin of error of the shares of this flow sample in 95 % of cases, as a share of all flows; 0 when it is complete',
    value: (source) => source?.taken && largestMargin(source.taken.flowSample),
  },
  {
    name: 'conntrack_flow_sample_complete',
    type: 'gauge',
    help: '1 when every flow was read; 0 when --flows.sample-size ended it, the hash was resized meanwhile, or far fewer were listed than counted',
    value: (source) => source?.taken && Number(source.taken.flowSample.isComplete),
  },
  {
    name: 'conntrack_flow_sample_flows',
    type: 'gauge',
    help: 'Flows read by the last flow sample',
    value: (source) => source?.taken?.flowSample.read,
  },
  {
    name: 'conntrack_flow_sample_age_seconds',
    type: 'gauge',
    help: 'Time since the last flow sample that succeeded',
    value: (source) => source?.ageSeconds,
  },
  {
    name: 'conntrack_flow_sample_duration_seconds',
    type: 'gauge',
    help: 'Time the last flow sample took',
    value: (source) => source?.taken?.durationSeconds,
  },
  {
    name: 'conntrack_flow_sample_failures_total',
    type: 'counter',
    help: 'Flow samples that failed; the log says why, and the one before stays',
    value: (source) => source?.failures,
  },
] as const satisfies readonly Scalar<FlowSampleSource | undefined>[];

function skippedSeries(source: FlowSampleSource | undefined): Series<'reason'>[] {
  return Array.from(source?.skipped ?? [], ([reason, value]) => ({ labels: { reason }, value }));
}

const IDLE_NAMES = new Map([
  [600, 'idle_10m'],
  [3600, 'idle_1h'],
  [86_400, 'idle_1d'],
]);

function shareSeries(flowSample: FlowSample | undefined): Series<'of'>[] {
  if (flowSample === undefined) return [];
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

/** Registers the families of a flow sample; the result publishes one. Series are made once for each flow sample, not for each scrape. */
export function registerFlowSample(families: FamilyTexts): (source: FlowSampleSource | undefined) => void {
  const flows = families.labelled(FLOWS);
  const topFlows = families.labelled(TOP_FLOWS);
  const shares = families.labelled(SHARE);
  const scalars = families.scalars(FLOW_SAMPLE);
  const skipped = families.labelled(SKIPPED);
  const snatPorts = families.labelled(SNAT_PORTS);
  const margin = families.scalars([SNAT_PORTS_MARGIN]);
  let last: FlowSampleSource['taken'];
  return function publish(source) {
    scalars(source);
    skipped(skippedSeries(source));
    const taken = source?.taken;
    margin(taken?.flowSample);
    if (taken === last) return;
    last = taken;
    flows(flowsSeries(taken?.flowSample));
    topFlows(topFlowsSeries(taken?.flowSample));
    shares(shareSeries(taken?.flowSample));
    snatPorts(snatPortSeries(taken?.flowSample));
  };
}

export const SNAT_PORTS = {
  name: 'conntrack_snat_ports_used_ratio',
  type: 'gauge',
  labels: ['address', 'destination', 'port', 'protocol'],
  help: 'Ports that source NAT uses from one address to one destination and port, as a share of those it can use: the ten highest of the last flow sample',
} as const satisfies Family;

export const SNAT_PORTS_MARGIN = {
  name: 'conntrack_snat_ports_margin_ratio',
  type: 'gauge',
  help: 'Margin of error of conntrack_snat_ports_used_ratio in 95 % of cases, of the highest; 0 when the flow sample is complete',
  value: (flowSample) => flowSample && marginOf(flowSample),
} as const satisfies Scalar<FlowSample | undefined>;

/** At most ten. */
function snatPortSeries(flowSample: FlowSample | undefined): Series<(typeof SNAT_PORTS)['labels'][number]>[] {
  return (flowSample?.snatPorts ?? []).map(({ address, destination, port, protocol, share }) => {
    return { labels: { address, destination, port: String(port), protocol }, value: share };
  });
}

function marginOf({ snatPorts: [highest] }: FlowSample): number | undefined {
  return highest && Math.max(highest.share - highest.low, highest.high - highest.share);
}

/** The families of a flow sample that count flows: by state, and those of the top sources, destinations and prefixes. */

/** Keys of a ranking that get a series, with `other` one more; longer rankings are in the JSON. */
const TOP_SERIES = 20;
/**
 * Rows of conntrack_flows. With three rankings of 21 series and 19 others, a flow sample has at most 120 series of these, whatever is in the table.
 */
const STATE_SERIES = 38;

export const FLOWS = {
  name: 'conntrack_flows',
  type: 'gauge',
  labels: ['family', 'protocol', 'state'],
  help: 'Flows by state, as the last flow sample scales them to the table',
} as const satisfies Family;

export const TOP_FLOWS = {
  name: 'conntrack_top_flows',
  type: 'gauge',
  labels: ['ranking', 'address', 'port', 'protocol'],
  help: 'Flows of the top sources, destinations and source prefixes; address="other" is the rest of the ranking',
} as const satisfies Family;

/** Without a number of entries there is nothing to scale shares to, and no series. */
function flowsSeries(flowSample: FlowSample | undefined): Series<'family' | 'protocol' | 'state'>[] {
  return foldStates(flowSample?.states ?? []).flatMap(({ family, protocol, state, flows }) =>
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

function topFlowsSeries(flowSample: FlowSample | undefined): Series<'ranking' | 'address' | 'port' | 'protocol'>[] {
  if (flowSample === undefined) return [];
  const { sources, destinations, prefixes } = flowSample;
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

type Key = { readonly address: string; readonly port?: string; readonly protocol?: string };

function rankingSeries<Row extends Share>(
  ranking: string,
  { top, other }: { readonly top: readonly Row[]; readonly other: Share },
  keyOf: (row: Row) => Key,
): Series<'ranking' | 'address' | 'port' | 'protocol'>[] {
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

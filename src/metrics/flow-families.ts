import type { FlowSample, TakenFlowSample } from '../model/flow-sample.ts';
import type { Share } from '../model/share.ts';
import type { Family, Scalar, Series } from './family.ts';
import type { FamilyTexts } from './family-texts.ts';
import { SNAT_PORTS, SNAT_PORTS_MARGIN, snatPortSeries } from './snat-port-families.ts';
import { FLOWS, flowsSeries, TOP_FLOWS, topFlowsSeries } from './top-flow-families.ts';

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

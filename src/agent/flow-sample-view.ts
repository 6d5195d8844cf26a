/** The flow sample of the running agent, for metrics, alerts, status page and API. */

import type { TopAddresses } from '../alertmanager/annotations.ts';
import type { FlowSampleSource } from '../metrics/family.ts';
import {
  type CountedNewFlows,
  type RankedTimeout,
  rankedTimeouts,
  type Share,
  type SnatPortsUsed,
  type TakenFlowSample,
  timeoutName,
} from '../model/flows.ts';
import { describeError } from '../model/operator-error.ts';
import type { FlowSampleJson, TimeoutJson, TopFlowJson } from '../model/status-json.ts';
import { serviceText } from '../model/text/address.ts';
import type { FlowsAnswer } from '../web/routes/agent-view.ts';
import { flowSampleJson } from '../web/routes/api-routes.ts';

/** As many as one reads on a phone at night. */
const ALERT_ADDRESSES = 3;
/** As many as the page has room for. */
const PAGE_ADDRESSES = 5;
const PAGE_TIMEOUTS = 3;
/** A timeout that would free less than this part of the table is not shown. */
const LEAST_FREED = 0.01;

/** The last flow sample, and what was wrong with the latest. */
type Runner = { readonly last: TakenFlowSample | undefined; readonly problem: Error | undefined };

/** For the metrics. */
export function flowSampleSource(
  { last: taken, skipped, failures }: Runner & Pick<FlowSampleSource, 'skipped' | 'failures'>,
  nowMs: number,
): FlowSampleSource {
  return { taken, ageSeconds: taken && (nowMs - taken.endedMs) / 1000, skipped, failures };
}

/** For an alert. Empty once the flow sample has failed: who filled the table then need not be who fills it now. */
export function topAddressesOf(runner: Runner | undefined, newFlows?: CountedNewFlows): TopAddresses | undefined {
  const flowSample = runner?.last?.flowSample;
  if (flowSample === undefined) return undefined;
  const opening = newFlows && { newFlows: newFlowsText(newFlows) };
  if (runner?.problem !== undefined) return { sources: [], destinations: [], ...opening };
  const destinations = flowSample.destinations.top.slice(0, ALERT_ADDRESSES);
  return {
    sources: flowSample.sources.top.slice(0, ALERT_ADDRESSES).map(({ address, share }) => ({ address, share })),
    destinations: destinations.map((row) => ({ address: serviceText(row), share: row.share })),
    ...opening,
  };
}

/** For the alarms. Undefined once the flow sample has failed, and before the first. */
export function snatPortsOf({ last, problem }: Runner): SnatPortsUsed | undefined {
  return problem === undefined ? last?.flowSample.snatPorts[0] : undefined;
}

export function protocolsWithoutPortsOf({ last, problem }: Runner): readonly string[] | undefined {
  if (problem !== undefined) return undefined;
  return last?.flowSample.snatWithoutPorts?.map(({ protocol }) => protocol);
}

function newFlowsText({ newFlows }: CountedNewFlows): NonNullable<TopAddresses['newFlows']> {
  const [first] = newFlows.sources.top;
  return { perSecond: newFlows.perSecond, top: first && { address: first.address, share: first.share } };
}

/** For the status page and /api/v1/status: the top few. */
export function topFlowsOf(runner: Runner | undefined, nowMs: number): FlowSampleJson {
  const taken = runner?.last;
  if (taken === undefined) return noFlowSample(runner);
  const { read, isComplete, sources, destinations } = taken.flowSample;
  return {
    state: 'taken',
    ageSeconds: (nowMs - taken.endedMs) / 1000,
    read,
    isComplete,
    problem: runner?.problem && describeError(runner.problem),
    sources: sources.top.slice(0, PAGE_ADDRESSES).map((row) => topAddress(row.address, row)),
    destinations: destinations.top.slice(0, PAGE_ADDRESSES).map((row) => topAddress(serviceText(row), row)),
    timeouts: rankedTimeouts(taken.flowSample.timeouts).filter(isWorthShowing).slice(0, PAGE_TIMEOUTS).map(timeoutJson),
  };
}

function isWorthShowing({ shorter }: RankedTimeout): boolean {
  return shorter.share >= LEAST_FREED;
}

function timeoutJson({ shorter, longestIdle: [longest], ...timeout }: RankedTimeout): TimeoutJson {
  const { seconds: shorterSeconds, flows, share, low, high } = shorter;
  return {
    timeout: timeoutName(timeout),
    seconds: timeout.seconds,
    shorterSeconds,
    ...{ flows, share, low, high },
    longestIdle: longest && { destination: serviceText(longest), seconds: longest.idleSeconds },
  };
}

function topAddress(address: string, { flows, share, low, high }: Share): TopFlowJson {
  return { address, flows, share, low, high };
}

export type FlowsAnswerParts = { readonly node: string; readonly nowMs: number; readonly wallMs: number };

/** For /api/v1/flows. */
export function flowsAnswer(runner: Runner | undefined, { node, nowMs, wallMs }: FlowsAnswerParts): FlowsAnswer {
  const taken = runner?.last;
  if (taken === undefined) return noFlowSample(runner);
  const ageSeconds = (nowMs - taken.endedMs) / 1000;
  return { state: 'taken', flowSample: flowSampleJson({ node, taken, wallMs, ageSeconds }) };
}

/** Why there is no flow sample. */
export function noFlowSample(runner: Runner | undefined): Exclude<FlowsAnswer, { state: 'taken' }> {
  if (runner === undefined) {
    return {
      state: 'off',
      error: 'The flow sample is off',
      remedy: 'Start the agent with --collector.flows; it takes CAP_NET_ADMIN',
    };
  }
  if (runner.problem === undefined) return { state: 'waiting', error: 'No flow sample has been taken yet' };
  const { message: error, remedy } = describeError(runner.problem);
  return { state: 'waiting', error, ...(remedy !== undefined && { remedy }) };
}

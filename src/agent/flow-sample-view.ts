/** What the running agent tells of its census to those who ask. */

import type { Culprits } from '../alertmanager/annotations.ts';
import type { CensusSource } from '../metrics/flow-sample.ts';
import { serviceText } from '../model/address.ts';
import { censusJson } from '../web/routes/flow-sample-json.ts';
import { describeError } from '../model/operator-error.ts';
import type { Share } from '../model/share.ts';
import type { CensusJson, TalkerJson } from '../model/status-json.ts';
import type { FlowsAnswer } from '../web/routes/agent-view.ts';
import type { CensusRunner } from './flow-sample-runner.ts';

/** As many as one reads on a phone at night. */
const CULPRITS = 3;
/** As many as the page has room for. */
const TALKERS = 5;

/** For the metrics. */
export function censusSource(runner: CensusRunner | undefined, nowMs: number): CensusSource | undefined {
  if (runner === undefined) return undefined;
  const { last: taken, skipped, failures } = runner;
  return { taken, ageSeconds: taken && (nowMs - taken.endedMs) / 1000, skipped, failures };
}

/** For a page. Nobody once the census has failed: who filled the table then need not be who fills it now. */
export function culpritsOf(runner: Pick<CensusRunner, 'last' | 'problem'> | undefined): Culprits | undefined {
  const census = runner?.last?.census;
  if (census === undefined) return undefined;
  if (runner?.problem !== undefined) return { sources: [], destinations: [] };
  const destinations = census.destinations.top.slice(0, CULPRITS);
  return {
    sources: census.sources.top.slice(0, CULPRITS).map(({ address, share }) => ({ address, share })),
    destinations: destinations.map((row) => ({ address: serviceText(row), share: row.share })),
  };
}

type Runner = Pick<CensusRunner, 'last' | 'problem'>;

/** For the page and /api/v1/status: the busiest few. */
export function talkersOf(runner: Runner | undefined, nowMs: number): CensusJson {
  const taken = runner?.last;
  if (taken === undefined) return noCensus(runner);
  const { read, isComplete, sources, destinations } = taken.census;
  return {
    state: 'taken',
    ageSeconds: (nowMs - taken.endedMs) / 1000,
    read,
    isComplete,
    problem: runner?.problem && describeError(runner.problem),
    sources: sources.top.slice(0, TALKERS).map((row) => talker(row.address, row)),
    destinations: destinations.top.slice(0, TALKERS).map((row) => talker(serviceText(row), row)),
  };
}

function talker(address: string, { flows, share, low, high }: Share): TalkerJson {
  return { address, flows, share, low, high };
}

export type FlowsAnswerParts = { readonly node: string; readonly nowMs: number; readonly wallMs: number };

/** For /api/v1/flows. */
export function flowsAnswer(runner: Runner | undefined, { node, nowMs, wallMs }: FlowsAnswerParts): FlowsAnswer {
  const taken = runner?.last;
  if (taken === undefined) return noCensus(runner);
  const ageSeconds = (nowMs - taken.endedMs) / 1000;
  return { state: 'taken', census: censusJson({ node, taken, wallMs, ageSeconds }) };
}

function noCensus(runner: Runner | undefined): Exclude<FlowsAnswer, { state: 'taken' }> {
  if (runner === undefined) {
    return {
      state: 'off',
      error: 'The flow census is off',
      remedy: 'Start the agent with --collector.flows; it takes CAP_NET_ADMIN',
    };
  }
  if (runner.problem === undefined) return { state: 'waiting', error: 'No census has been taken yet' };
  const { message: error, remedy } = describeError(runner.problem);
  return { state: 'waiting', error, ...(remedy !== undefined && { remedy }) };
}

/** What the running agent tells of its census to those who ask. */
import type { FlowsAnswer } from '../../http/agent-view.ts';
import { serviceText } from '../../judge/census/address.ts';
import type { CensusSource } from '../../metrics/census.ts';
import { describeError } from '../../operator-error.ts';
import type { Culprits } from '../../pager/annotations.ts';
import { censusJson } from './json.ts';
import type { CensusRunner } from './runner.ts';

/** As many as one reads on a phone at night. */
const CULPRITS = 3;

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

export type FlowsAnswerParts = { readonly node: string; readonly nowMs: number; readonly wallMs: number };

/** For /api/v1/flows. */
export function flowsAnswer(
  runner: Pick<CensusRunner, 'last' | 'problem'> | undefined,
  { node, nowMs, wallMs }: FlowsAnswerParts,
): FlowsAnswer {
  if (runner === undefined) {
    return { state: 'off', error: 'The flow census is off', remedy: 'Start the agent with --collector.flows' };
  }
  const { last: taken, problem } = runner;
  if (taken !== undefined) {
    const ageSeconds = (nowMs - taken.endedMs) / 1000;
    return { state: 'taken', census: censusJson({ node, taken, wallMs, ageSeconds }) };
  }
  if (problem === undefined) return { state: 'waiting', error: 'No census has been taken yet' };
  const { message: error, remedy } = describeError(problem);
  return { state: 'waiting', error, ...(remedy !== undefined && { remedy }) };
}

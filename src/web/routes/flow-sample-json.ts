import type { FlowSample, RankingName, TakenFlowSample } from '../../model/flow-sample.ts';

export type FlowSampleJsonParts = {
  readonly node: string;
  readonly taken: TakenFlowSample;
  /** Wall clock and age at the time of the answer. */
  readonly wallMs: number;
  readonly ageSeconds: number;
  /** Leaves the other rankings out. */
  readonly by?: RankingName | undefined;
};

/** The answer of /api/v1/flows and of `flows --json`. What is not known is left out. */
export function flowSampleJson({ node, taken, wallMs, ageSeconds, by }: FlowSampleJsonParts): unknown {
  const { flowSample, limit, unlisted, durationSeconds } = taken;
  const { sources, destinations, prefixes, states, entries, ...rest } = flowSample;
  return {
    version: 1,
    node,
    at: new Date(wallMs - ageSeconds * 1000).toISOString(),
    ageSeconds: milli(ageSeconds),
    durationSeconds: milli(durationSeconds),
    table: { entries, limit, unlisted },
    ...rest,
    ...(by === undefined ? { states, sources, destinations, prefixes } : rankingOf(flowSample, by)),
  };
}

/** No clock here is better than a millisecond. */
function milli(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

function rankingOf({ sources, destinations, prefixes, states }: FlowSample, by: RankingName): object {
  return { source: { sources }, destination: { destinations }, prefix: { prefixes }, state: { states } }[by];
}

import type { FlowSampleTaker } from '../../host/flow-sampler.ts';
import type { RankingName } from '../../model/flow-sample.ts';
import { flowSampleJson } from '../../web/routes/flow-sample-json.ts';
import { flowSampleText } from './flow-sample-text.ts';
import type { FlowsOptions, Look } from './view.ts';

export type FlowSampleViewParts = Pick<FlowsOptions, 'clock' | 'wallClock'> & {
  readonly node: string;
  readonly by?: RankingName | undefined;
};

/** Looks by taking a flow sample. */
export function flowSampleView(sampler: FlowSampleTaker, { node, by, clock, wallClock }: FlowSampleViewParts): Look {
  return async function look(signal) {
    const taken = await sampler.take(signal);
    return {
      text: (width) => flowSampleText({ node, taken, by, width }),
      json: () =>
        flowSampleJson({ node, taken, by, wallMs: wallClock(), ageSeconds: (clock() - taken.endedMs) / 1000 }),
    };
  };
}

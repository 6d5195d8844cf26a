import type { Taker } from '../../host/flow-sampler.ts';
import type { RankingName } from '../../model/flow-sample.ts';
import { censusJson } from '../../web/routes/flow-sample-json.ts';
import { censusText } from './flow-sample-text.ts';
import type { FlowsOptions, Look } from './view.ts';

export type CensusLookParts = Pick<FlowsOptions, 'clock' | 'wallClock'> & {
  readonly node: string;
  readonly by?: RankingName | undefined;
};

/** Looks by taking a census. */
export function censusLook(taker: Taker, { node, by, clock, wallClock }: CensusLookParts): Look {
  return async function look(signal) {
    const taken = await taker.take(signal);
    return {
      text: (width) => censusText({ node, taken, by, width }),
      json: () => censusJson({ node, taken, by, wallMs: wallClock(), ageSeconds: (clock() - taken.endedMs) / 1000 }),
    };
  };
}

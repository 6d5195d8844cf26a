import type { CensusFindings } from '../../analysis/advice/snapshot.ts';
import { CensusTaker, type CensusTakerParts } from '../../host/flow-sampler.ts';
import { describeError } from '../../model/operator-error.ts';

export type AskCensusParts = CensusTakerParts & { readonly hasNetAdmin: boolean };

/**
 * Who holds the entries, where this process may ask and the procfs is the kernel's. Never rejects: a census that is refused
 * or fails is a finding of its own, and the rest of the look goes on.
 */
export async function askCensus({ hasNetAdmin, ...parts }: AskCensusParts): Promise<CensusFindings> {
  if (!hasNetAdmin || !parts.proc.isKernel()) return { census: undefined, censusProblem: undefined };
  const taker = new CensusTaker(parts);
  try {
    return { census: (await taker.take()).census, censusProblem: undefined };
  } catch (problem) {
    return { census: undefined, censusProblem: describeError(problem) };
  } finally {
    taker.close();
  }
}

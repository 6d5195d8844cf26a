import type { FlowSampleSnapshot } from '../../analysis/advice/snapshot.ts';
import { FlowSampler, type FlowSamplerParts } from '../../host/flow-sampler.ts';
import { describeError } from '../../model/operator-error.ts';

export type AskFlowSampleParts = FlowSamplerParts & { readonly hasNetAdmin: boolean };

/**
 * Who holds the entries, where this process may ask and the procfs is the kernel's. Never rejects: a flow sample that is refused
 * or fails is a finding of its own, and the rest of the snapshot goes on.
 */
export async function askFlowSample({ hasNetAdmin, ...parts }: AskFlowSampleParts): Promise<FlowSampleSnapshot> {
  if (!hasNetAdmin || !parts.proc.isKernel()) return { flowSample: undefined, flowSampleProblem: undefined };
  const sampler = new FlowSampler(parts);
  try {
    return { flowSample: (await sampler.take()).flowSample, flowSampleProblem: undefined };
  } catch (problem) {
    return { flowSample: undefined, flowSampleProblem: describeError(problem) };
  } finally {
    sampler.close();
  }
}

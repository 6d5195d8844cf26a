import { describe, expect, it } from 'vitest';
import { flowCounting } from '../../../src/analysis/flows/flow-counter.ts';
import { askFlowSample } from '../../../src/cli/doctor/take-snapshot.ts';
import { ctnetlinkRefusal } from '../../../src/host/ctnetlink/errors.ts';
import { FlowDumper } from '../../../src/host/ctnetlink/flow-dump.ts';
import { ProcFs } from '../../../src/host/procfs/proc-fs.ts';
import { FakeNode } from '../../fake-node.ts';
import { needs } from '../../needs.ts';

const SETTINGS = { sampleSize: 0, counting: (seed: number) => flowCounting({ top: 20, seed }) };
const EACCES = 13;

/** A dumper that is refused, and how often it was asked. */
function refused() {
  const asked = { times: 0 };
  const dumper = new FlowDumper(() => {
    asked.times += 1;
    throw ctnetlinkRefusal('open', EACCES);
  });
  return { asked, dumper };
}

const parts = (proc: ProcFs) => ({ proc, clock: () => performance.now(), ...SETTINGS });

describe('askFlowSample()', () => {
  it('makes a finding of a refusal instead of failing', async (context) => {
    needs(context, 'nf_conntrack');
    const { dumper } = refused();
    expect(await askFlowSample({ ...parts(new ProcFs('/proc')), dumper, hasNetAdmin: true })).toEqual({
      flowSample: undefined,
      flowSampleProblem: {
        message: expect.stringContaining('(EACCES)'),
        remedy: expect.stringContaining('security policy'),
      },
    });
  });

  it('does not ask without the capability, nor beside a copied procfs', async () => {
    const { asked, dumper } = refused();
    await using node = await FakeNode.create({ entries: 5, limit: 100 });
    const nothing = { flowSample: undefined, flowSampleProblem: undefined };
    expect(await askFlowSample({ ...parts(new ProcFs('/proc')), dumper, hasNetAdmin: false })).toEqual(nothing);
    expect(await askFlowSample({ ...parts(new ProcFs(node.procRoot)), dumper, hasNetAdmin: true })).toEqual(nothing);
    expect(asked.times).toBe(0);
  });
});

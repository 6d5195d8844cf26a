import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { flowCounting } from '../../../src/analysis/flows/flow-counter.ts';
import { ctnetlinkRefusal } from '../../../src/host/ctnetlink/errors.ts';
import { FlowDumper } from '../../../src/host/ctnetlink/flow-dump.ts';
import { FlowSampler } from '../../../src/host/ctnetlink/flow-sampler.ts';
import { ProcFs } from '../../../src/host/procfs/proc-fs.ts';
import { MANIFEST_LINE } from '../../../src/model/kernel.ts';
import { FakeNode } from '../../fake-node.ts';
import { needs } from '../../needs.ts';

const NODE = fileURLToPath(new URL('../../fixtures/nodes/debian-6.1/proc', import.meta.url));
const SETTINGS = { sampleSize: 0, counting: (seed: number) => flowCounting({ top: 20, seed }) };

/** A copy that is taken for the kernel's. */
class KernelsOwn extends ProcFs {
  override isKernel(): boolean {
    return true;
  }
}

function takerRefusedWith(errno: number): FlowSampler {
  const dumper = new FlowDumper(() => {
    throw ctnetlinkRefusal('list flows from', errno);
  });
  return new FlowSampler({ proc: new ProcFs('/proc'), clock: () => 0, ...SETTINGS, dumper });
}

describe('FlowSampler', () => {
  it('says with which line of a manifest it would be allowed to', async (context) => {
    needs(context, 'nf_conntrack');
    await expect(takerRefusedWith(constants.errno.EPERM).take()).rejects.toMatchObject({
      message: expect.stringContaining('CAP_NET_ADMIN'),
      remedy: expect.stringContaining(MANIFEST_LINE),
    });
  });

  it('leaves any other refusal as it is', async (context) => {
    needs(context, 'nf_conntrack');
    await expect(takerRefusedWith(constants.errno.EMFILE).take()).rejects.toMatchObject({
      remedy: expect.stringMatching(/^Raise the limit of open files/),
    });
  });

  it('does not ask where the module is not loaded, for the question would load it', async () => {
    await using node = await FakeNode.create();
    node.unloadModule();
    const asked = { times: 0 };
    const dumper = new FlowDumper(() => {
      asked.times += 1;
      throw ctnetlinkRefusal('list flows from', constants.errno.EPERM);
    });
    const sampler = new FlowSampler({ proc: new KernelsOwn(node.procRoot), clock: () => 0, ...SETTINGS, dumper });
    await expect(sampler.take()).rejects.toThrow('Cannot list flows: there is no nf_conntrack_count');
    node.loadModule();
    await expect(sampler.take()).rejects.toThrow('EPERM');
    expect(asked.times).toBe(1);
  });

  it('never counts the flows of this machine beside the copied procfs of another', () => {
    expect(() => new FlowSampler({ proc: new ProcFs(NODE), clock: () => 0, ...SETTINGS })).toThrow(
      /^Cannot list flows beside .*: it is not the kernel's procfs$/,
    );
  });
});

describe('MANIFEST_LINE', () => {
  it('is YAML that drops everything else', () => {
    expect(parse(MANIFEST_LINE)).toEqual({
      securityContext: { runAsUser: 0, runAsNonRoot: false, capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } },
    });
  });
});

import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CensusTaker } from '../../../src/cli/census/taker.ts';
import { ctnetlinkRefusal } from '../../../src/host/ctnetlink-error.ts';
import { FlowDumper } from '../../../src/host/flow-dump.ts';
import { ProcFs } from '../../../src/host/proc-fs.ts';
import { MANIFEST_LINE } from '../../../src/judge/manifest-line.ts';

const NODE = fileURLToPath(new URL('../../fixtures/nodes/debian-6.1/proc', import.meta.url));
const SETTINGS = { flowsBudget: 0, flowsTop: 20 };

function takerRefusedWith(errno: number): CensusTaker {
  const dumper = new FlowDumper(() => {
    throw ctnetlinkRefusal('list flows from', errno);
  });
  return new CensusTaker({ proc: new ProcFs('/proc'), clock: () => 0, settings: SETTINGS, dumper });
}

describe('CensusTaker', () => {
  it('says with which line of a manifest it would be allowed to', async () => {
    await expect(takerRefusedWith(constants.errno.EPERM).take()).rejects.toMatchObject({
      message: expect.stringContaining('CAP_NET_ADMIN'),
      remedy: expect.stringContaining(MANIFEST_LINE),
    });
  });

  it('leaves any other refusal as it is', async () => {
    await expect(takerRefusedWith(constants.errno.EMFILE).take()).rejects.toMatchObject({
      remedy: expect.stringMatching(/^Raise the limit of open files/),
    });
  });

  it('never counts the flows of this machine beside the copied procfs of another', () => {
    expect(() => new CensusTaker({ proc: new ProcFs(NODE), clock: () => 0, settings: SETTINGS })).toThrow(
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

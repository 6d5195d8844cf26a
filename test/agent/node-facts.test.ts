import { afterEach, describe, expect, it } from 'vitest';
import { NodeFacts } from '../../src/agent/node-facts.ts';
import { ProcFs } from '../../src/host/procfs/proc-fs.ts';
import { FakeNode } from '../fake-node.ts';
import { collectedLog } from '../web/collected-log.ts';

const nodes: FakeNode[] = [];
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.dispose();
});

const MEMORY = { totalBytes: 8e9, availableBytes: 4e9 };

async function factsOf({ nodeIp, memory }: { nodeIp?: string; memory?: () => Promise<typeof MEMORY> } = {}) {
  const node = await FakeNode.create();
  nodes.push(node);
  const { log, lines } = collectedLog();
  const readMemory = memory ?? (async () => MEMORY);
  return { facts: new NodeFacts({ proc: new ProcFs(node.procRoot), nodeIp, log, readMemory }), lines };
}

describe('NodeFacts', () => {
  it('knows nothing before the first check', async () => {
    const { facts } = await factsOf();
    expect([facts.netns, facts.datapath([])]).toEqual([undefined, undefined]);
  });

  it('says once why there is no advice on sizes, and once that the memory can be read again', async () => {
    let isBroken = true;
    const memory = async () => {
      if (isBroken) throw new Error('no meminfo');
      return MEMORY;
    };
    const { facts, lines } = await factsOf({ memory });
    await facts.check();
    await facts.check();
    isBroken = false;
    await facts.check();
    await facts.check();
    expect(lines.filter(({ message }) => /memory|sizing/.test(message))).toMatchObject([
      { level: 'warn', message: 'sizing advice is absent: no meminfo' },
      { level: 'info' },
    ]);
  });
});

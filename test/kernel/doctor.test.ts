import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { needs } from '../needs.ts';
import { AGENT_PROGRAM } from './lab/agent.ts';
import { keepFull, occupy } from './lab/flood.ts';
import { labOfTest } from './lab/lab-of-test.ts';
import { withLimit } from './lab/limit.ts';
import { ADDRESS, type Lab } from './lab/namespaces.ts';

const NOBODY = [
  'setpriv',
  '--reuid=65534',
  '--regid=65534',
  '--clear-groups',
  '--inh-caps=-all',
  '--bounding-set=-all',
];

async function examine(lab: Lab, wrapper: readonly string[] = []) {
  const [command = '', ...args] = [...wrapper, process.execPath, AGENT_PROGRAM, 'doctor', `--node.ip=${ADDRESS.node}`];
  const child = lab.spawnIn('node', command, args);
  return { code: (await child.exited).code, text: child.stdout };
}

describe('conntrack-agent doctor in a real namespace', () => {
  it('finds it well, then nearly full for root and for nobody alike, then full and losing packets', async (context) => {
    needs(context, 'root', 'nf_conntrack', 'ip', 'nft', 'conntrack', 'setpriv');
    const lab = await labOfTest({ udpTimeoutSeconds: 30 });
    const well = await examine(lab);
    expect(well.code, well.text).toBe(0);

    await withLimit(3000, async () => {
      await occupy(lab, 2920); // Assured, so that the kernel does not evict them.
      const nearly = await examine(lab);
      expect(nearly.code).toBe(2);
      expect(nearly.text).toMatch(/CRITICAL {2}The table is nearly full\n +2,9\d\d of 3,000 entries/);
      const asNobody = await examine(lab, NOBODY);
      expect(asNobody.code).toBe(2);
      expect(asNobody.text).toContain('The table is nearly full');
      expect(asNobody.text).toContain('Nothing is being lost');

      const flood = keepFull(lab, 8000, { perSecond: 2000 });
      await sleep(2500);
      const full = await examine(lab, NOBODY);
      await flood;
      expect(full.code).toBe(2);
      expect(full.text).toMatch(/CRITICAL {2}Packets are dropped for want of room in the table\n +[\d,]+ in 3\.\d s/);
    });
  });
});

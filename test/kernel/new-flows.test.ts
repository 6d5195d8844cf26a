import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { NewFlows } from '../../src/model/new-flows.ts';
import { needs } from '../needs.ts';
import { AGENT_PROGRAM } from './lab/agent.ts';
import { fill } from './lab/flood.ts';
import { labOfTest } from './lab/lab-of-test.ts';
import { ADDRESS, type Lab } from './lab/namespaces.ts';
import type { NewFlowsRun } from './new-flows-reader.ts';

const NEEDS = ['root', 'conntrack', 'ip', 'nft'] as const;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const READER = fileURLToPath(new URL('./new-flows-reader.ts', import.meta.url));
/** Between a reading of the table's count and the moment of joining or leaving, on a machine with other work. */
const UNCERTAIN_SECONDS = 0.005;
const EVENTS = 'net/netfilter/nf_conntrack_events';

async function openers(lab: Lab): Promise<NewFlows> {
  const args = [AGENT_PROGRAM, 'flows', '--by=opener', '--json'];
  return JSON.parse(await lab.exec('node', process.execPath, args)) as NewFlows;
}

describe('conntrack-agent flows --by opener', () => {
  it('counts the new flows of a second, and says who opens them', async (context) => {
    needs(context, ...NEEDS);
    const lab = await labOfTest({ udpTimeoutSeconds: 600 });
    const sending = fill(lab, 12_000, { perSecond: 2000 });
    await expect.poll(() => lab.entries(), { timeout: 20_000, interval: 20 }).toBeGreaterThan(1000);
    const { perSecond, low, high, lost, sources, destinations } = await openers(lab);
    await sending;
    process.stdout.write(
      `${perSecond.toFixed(0)} new flows a second (${low.toFixed(0)} to ${high.toFixed(0)}) of 2,000\n`,
    );
    expect(low <= 2000 && 2000 <= high).toBe(true);
    expect(lost).toBe(0);
    expect(sources.top).toMatchObject([{ address: ADDRESS.peer, share: 1 }]);
    expect(destinations.top[0]).toMatchObject({ protocol: 'udp', port: 1024 });
  });

  it('counts each flow of a flood, also those that the kernel had no room to tell of', async (context) => {
    needs(context, ...NEEDS);
    const lab = await labOfTest({ udpTimeoutSeconds: 600 });
    const flood = fill(lab, 150_000);
    await expect.poll(() => lab.entries(), { timeout: 20_000, interval: 20 }).toBeGreaterThan(1000);
    const args = ['--import', 'tsx', READER, '50', '1000'];
    const runs = JSON.parse(await lab.exec('node', process.execPath, args, { cwd: ROOT })) as NewFlowsRun[];
    await flood;
    for (const { heard, lost, grown, windowSeconds } of runs) {
      process.stdout.write(`${heard} new flows told and ${lost} not; the table grew by ${grown}\n`);
      const atTheEnds = (grown / windowSeconds) * UNCERTAIN_SECONDS;
      expect(Math.abs(heard + lost - grown)).toBeLessThanOrEqual(20 + atTheEnds);
    }
    expect(runs[1]!.lost).toBeGreaterThan(0);
  });

  it('says so, and does not say 0, where the kernel tells nobody of new flows', async (context) => {
    needs(context, ...NEEDS);
    const lab = await labOfTest();
    await lab.writeSysctl('node', EVENTS, 0);
    await expect(openers(lab)).rejects.toThrow(/nf_conntrack_events is 0/);
  });
});

import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { NewFlows } from '../../src/model/flows.ts';
import { needs } from '../needs.ts';
import { isWithinTwice } from './interval.ts';
import { AGENT_PROGRAM, Agent } from './lab/agent.ts';
import { startChurn } from './lab/churn.ts';
import { samplesOf } from './lab/exposition.ts';
import { fill } from './lab/flood.ts';
import { labOfTest } from './lab/lab-of-test.ts';
import { ADDRESS, type Lab, type Side } from './lab/namespaces.ts';
import type { NewFlowsRun } from './new-flows-reader.ts';

const NEEDS = ['root', 'conntrack', 'ip', 'nft'] as const;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const READER = fileURLToPath(new URL('./new-flows-reader.ts', import.meta.url));
const RELIABLE_LISTENER = fileURLToPath(new URL('./lab/reliable-listener.ts', import.meta.url));
/** Between a reading of the table's count and the moment of joining or leaving, on a machine with other work. */
const UNCERTAIN_SECONDS = 0.005;
const EVENTS = 'net/netfilter/nf_conntrack_events';

async function openers(lab: Lab, side: Side = 'node'): Promise<NewFlows> {
  const args = [AGENT_PROGRAM, 'flows', '--by=opener', '--json'];
  return JSON.parse(await lab.exec(side, process.execPath, args)) as NewFlows;
}

/** `conntrack -E` in the node. What it resolves to ends it and tells of how many new UDP flows it was told. */
async function startListener(lab: Lab): Promise<() => Promise<number>> {
  const command = 'exec conntrack --event --event-mask NEW --proto udp --buffer-size 16777216 >/dev/null';
  const listener = lab.spawnIn('node', 'sh', ['-c', command]);
  /** Bytes that wait for those who listen to new flows. */
  const waiting = async () => {
    const rows = (await lab.exec('node', 'cat', ['/proc/net/netlink']))
      .split('\n')
      .map((row) => row.trim().split(/\s+/));
    return rows.flatMap(([, protocol, , groups, bytes]) => (protocol === '12' && groups === '00000001' ? [bytes] : []));
  };
  await expect.poll(waiting, { timeout: 10_000 }).toEqual(['0']);
  return async () => {
    await expect.poll(waiting, { timeout: 10_000 }).toEqual(['0']);
    await listener.stop();
    return Number(/(\d+) flow events have been shown/.exec(listener.stderr)?.[1]);
  };
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
    expect(isWithinTwice({ low, high }, 2000)).toBe(true);
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
    await startListener(lab); // Which is told nothing either.
    await lab.writeSysctl('node', EVENTS, 0);
    await expect(openers(lab)).rejects.toThrow(/nf_conntrack_events is 0/);
  });

  it('says so where the module is not loaded', async (context) => {
    needs(context, ...NEEDS, 'unshare');
    const lab = await labOfTest();
    const script = 'mount -t tmpfs none /proc/sys/net/netfilter && exec "$@"'; // This kernel cannot be without it.
    const args = [
      '--mount',
      'sh',
      '-c',
      script,
      'sh',
      process.execPath,
      AGENT_PROGRAM,
      'flows',
      '--by=opener',
      '--json',
    ];
    await expect(lab.exec('node', 'unshare', args)).rejects.toThrow(
      /there is no nf_conntrack_count.*modprobe nf_conntrack/s,
    );
  });

  it('counts none where no rule has connections tracked, and does not begin to track them', async (context) => {
    needs(context, ...NEEDS);
    const lab = await labOfTest();
    const sending = fill(lab, 6000, { perSecond: 2000 });
    await expect.poll(() => lab.entries(), { timeout: 20_000, interval: 20 }).toBeGreaterThan(100);
    const [there, here] = [await openers(lab, 'peer'), await lab.entries('peer')];
    await sending;
    expect(there).toMatchObject({ heard: 0, lost: 0, perSecond: 0, sources: { top: [] } });
    expect([here, await lab.entries('peer')]).toEqual([0, 0]);
  });
});

describe('beside another listener, conntrack-agent flows --by opener', () => {
  // 1: the kernel keeps events of every flow; 2: of those only that come while somebody listens (Linux 5.19).
  it.for([1, 2])('is right and takes nothing from it, with nf_conntrack_events=%i', async (events, context) => {
    needs(context, ...NEEDS);
    const lab = await labOfTest({ udpTimeoutSeconds: 600 });
    await lab.writeSysctl('node', EVENTS, events);
    const told = await startListener(lab);
    const sending = fill(lab, 12_000, { perSecond: 2000 });
    await expect.poll(() => lab.entries(), { timeout: 20_000, interval: 20 }).toBeGreaterThan(1000);
    const { low, high, lost } = await openers(lab);
    await sending;
    expect(isWithinTwice({ low, high }, 2000)).toBe(true);
    expect(lost).toBe(0);
    expect(await told()).toBe(12_000); // Also of those that came after the agent had left.
  });

  it('counts no flow twice that the kernel tells of again, as the other wants all and has no room', async (context) => {
    needs(context, ...NEEDS);
    const lab = await labOfTest({ udpTimeoutSeconds: 600 });
    const args = ['--import', 'tsx', RELIABLE_LISTENER];
    await lab.spawnIn('node', process.execPath, args, { cwd: ROOT }).waitFor(/^listening$/m);
    const sending = fill(lab, 12_000, { perSecond: 2000 });
    await expect.poll(() => lab.entries(), { timeout: 20_000, interval: 20 }).toBeGreaterThan(1000);
    const { low, high } = await openers(lab);
    await sending;
    expect(isWithinTwice({ low, high }, 2000)).toBe(true); // Of one packet each, so that none is told again.
    const churn = await startChurn(lab, { oneWay: 0, stream: 0, closed: 200, reset: 0, held: 0 });
    await expect(openers(lab)).rejects.toThrow(/tells of them again, as another listener had no room/);
    await churn.stop();
  });
});

describe('conntrack-agent --collector.flows', () => {
  it('has no rate while nf_conntrack_events is 0, and the right one again afterwards', async (context) => {
    needs(context, ...NEEDS);
    const lab = await labOfTest({ udpTimeoutSeconds: 600 });
    const flags = ['--collector.flows', '--flows.openers-schedule=* * * * * *', '--web.listen-address=127.0.0.1:0'];
    const agent = await Agent.start(lab, { flags });
    const samples = async () => samplesOf((await agent.get('/metrics')).body);
    const sending = fill(lab, 24_000, { perSecond: 2000 });
    const rate = async () => (await samples()).get('conntrack_new_flows_per_second');
    const isRight = async () => Math.abs(((await rate()) ?? 0) - 2000) < 200;
    await expect.poll(isRight, { timeout: 20_000 }).toBe(true);
    await lab.writeSysctl('node', EVENTS, 0);
    await expect.poll(rate, { timeout: 5000 }).toBeUndefined();
    const without = await samples();
    expect([...without.keys()].filter((name) => name.startsWith('conntrack_top_openers'))).toEqual([]);
    expect(without.get('conntrack_new_flows_failures_total')).toBeGreaterThan(0);
    expect(without.get('conntrack_entries')).toBeGreaterThan(0);
    await lab.writeSysctl('node', EVENTS, 1);
    await expect.poll(isRight, { timeout: 5000 }).toBe(true);
    expect(await agent.stop()).toBe(0);
    await sending;
  });
});

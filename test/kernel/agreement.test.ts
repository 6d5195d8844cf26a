import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { needs } from '../needs.ts';
import { Agent } from './lab/agent.ts';
import { samplesOf } from './lab/exposition.ts';
import { fill, flush, occupy } from './lab/flood.ts';
import { labOfTest } from './lab/lab-of-test.ts';
import { withLimit } from './lab/limit.ts';
import { ADDRESS, type Lab } from './lab/namespaces.ts';

/** Names of `conntrack -S` and ours. */
const COUNTERS = {
  drop: 'conntrack_drops_total',
  early_drop: 'conntrack_early_drops_total',
  insert_failed: 'conntrack_insert_failures_total',
  invalid: 'conntrack_invalid_packets_total',
  found: 'conntrack_nat_collisions_total',
  search_restart: 'conntrack_search_restarts_total',
  clash_resolve: 'conntrack_clashes_resolved_total',
  chaintoolong: 'conntrack_chain_too_long_total',
} as const;

describe('the agent beside conntrack -C and -S', () => {
  it.for(['ctnetlink', 'procfs'])('says the same as the kernel by way of %s', async (via, context) => {
    needs(context, 'root', 'nf_conntrack', 'ip', 'nft', 'conntrack');
    const lab = await labOfTest({ udpTimeoutSeconds: 60 });
    const flags = [`--node.ip=${ADDRESS.node}`, '--web.listen-address=127.0.0.1:0', `--collector.counters.via=${via}`];
    const agent = await Agent.start(lab, { flags });
    await withLimit(2000, async () => {
      await occupy(lab, 1500);
      await fill(lab, 3000);
      await sleep(200);
      const samples = samplesOf((await agent.get('/metrics')).body);
      expect(samples.get('conntrack_entries')).toBe(Number(await lab.exec('node', 'conntrack', ['-C'])));
      expect(samples.get('conntrack_entries_limit')).toBe(2000);
      const kernel = await totalsOf(lab);
      expect(kernel.get('drop')).toBeGreaterThan(0);
      for (const [theirs, ours] of Object.entries(COUNTERS))
        expect([theirs, samples.get(ours)]).toEqual([theirs, kernel.get(theirs)]);
      expect(samples.get(`conntrack_agent_source_up{source="counters",via="${via}"}`)).toBe(1);
    });
    expect(await agent.stop()).toBe(0);
  });

  it('keeps a burst that lived for a second between two scrapes', async (context) => {
    needs(context, 'root', 'nf_conntrack', 'ip', 'nft', 'conntrack');
    const lab = await labOfTest({ udpTimeoutSeconds: 60 });
    const agent = await Agent.start(lab, { flags: [`--node.ip=${ADDRESS.node}`, '--web.listen-address=127.0.0.1:0'] });
    const scrape = async () => samplesOf((await agent.get('/metrics')).body);
    const before = await scrape();
    await fill(lab, 5000);
    await sleep(1000);
    await flush(lab);
    await sleep(200);
    const after = await scrape();
    expect(before.get('conntrack_entries_peak')).toBeLessThan(1000);
    expect(after.get('conntrack_entries')).toBeLessThan(1000);
    expect(after.get('conntrack_entries_peak')).toBeGreaterThanOrEqual(5000);
    expect(await agent.stop()).toBe(0);
  });
});

describe("the agent in a namespace that is not the node's", () => {
  it('says so at once, exports 0 and is not ready', async (context) => {
    needs(context, 'root', 'nf_conntrack', 'ip', 'nft');
    const lab = await labOfTest();
    const agent = await Agent.start(lab, { flags: ['--node.ip=192.0.2.1', '--web.listen-address=127.0.0.1:0'] });
    await agent.logged(/Not in the node's network namespace/);
    expect(samplesOf((await agent.get('/metrics')).body).get('conntrack_agent_in_host_netns')).toBe(0);
    const ready = await agent.get('/-/ready');
    expect(ready.status).toBe(503);
    expect(ready.body).toContain("the node's PID 1 is in another network namespace");
    expect((await agent.get('/-/healthy')).status).toBe(200);
    await agent.stop();
  });

  it("knows by the node's PID 1 where it has no address to ask for, although the interfaces have the same names", async (context) => {
    needs(context, 'root', 'nf_conntrack', 'ip', 'nft');
    const lab = await labOfTest();
    const agent = await Agent.start(lab, { flags: ['--web.listen-address=127.0.0.1:0'], env: { NODE_IP: '' } });
    expect(samplesOf((await agent.get('/metrics')).body).get('conntrack_agent_in_host_netns')).toBe(0);
    await agent.stop();
  });
});

/** Sums over the CPUs of `conntrack -S`, whose lines read `cpu=0 found=1 invalid=2 ...`. */
async function totalsOf(lab: Lab): Promise<ReadonlyMap<string, number>> {
  const totals = new Map<string, number>();
  for (const [, name, value] of (await lab.exec('node', 'conntrack', ['-S'])).matchAll(/(\w+)=(\d+)/g)) {
    totals.set(name!, (totals.get(name!) ?? 0) + Number(value));
  }
  return totals;
}

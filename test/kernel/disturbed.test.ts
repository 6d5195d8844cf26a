import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { needs } from '../needs.ts';
import { Agent } from './lab/agent.ts';
import { samplesOf } from './lab/exposition.ts';
import { fill } from './lab/flood.ts';
import { labOfTest } from './lab/lab-of-test.ts';
import { lockMachine } from './lab/lock.ts';
import { ADDRESS, type Lab } from './lab/namespaces.ts';

const BUCKETS_FILE = '/proc/sys/net/netfilter/nf_conntrack_buckets';
const DISTURBED_MS = 6000;
const FLOWS = 60_000;

/** Empties the table again and again: each flush holds the lock that a question for the counters takes. */
function flushInLoop(lab: Lab) {
  return lab.spawnIn('node', 'sh', ['-c', 'while :; do conntrack --flush >/dev/null 2>&1; done']);
}

async function resizeInLoop(untilMs: number): Promise<number> {
  const release = await lockMachine();
  const original = Number(readFileSync(BUCKETS_FILE, 'utf8'));
  let resizes = 0;
  try {
    for (; performance.now() < untilMs; resizes += 1) {
      writeFileSync(BUCKETS_FILE, String(resizes % 2 === 0 ? original / 2 : original));
      await sleep(20);
    }
  } finally {
    writeFileSync(BUCKETS_FILE, String(original));
    await release();
  }
  return resizes;
}

describe('the agent while the table is flushed and its hash resized in a loop', () => {
  it.for(['ctnetlink', 'procfs'])(
    'answers every scrape by way of %s, and no total steps back',
    async (via, context) => {
      needs(context, 'root', 'nf_conntrack', 'ip', 'nft', 'conntrack');
      const lab = await labOfTest({ udpTimeoutSeconds: 60 });
      const flags = [
        `--node.ip=${ADDRESS.node}`,
        '--web.listen-address=127.0.0.1:0',
        `--collector.counters.via=${via}`,
      ];
      const agent = await Agent.start(lab, { flags });
      const untilMs = performance.now() + DISTURBED_MS;
      const flood = fill(lab, FLOWS, { perSecond: 10_000 });
      const flushing = flushInLoop(lab);
      const resizing = resizeInLoop(untilMs);
      let last = new Map<string, number>() as ReadonlyMap<string, number>;
      let scrapes = 0;
      for (; performance.now() < untilMs; scrapes += 1) {
        const { status, body } = await agent.get('/metrics');
        expect(status).toBe(200);
        const samples = samplesOf(body);
        for (const [series, value] of samples)
          if (/_total(\{|$)/.test(series)) expect([series, value >= (last.get(series) ?? 0)]).toEqual([series, true]);
        last = samples;
        await sleep(50);
      }
      await flushing.stop();
      expect(await resizing).toBeGreaterThan(10);
      await flood;
      expect(scrapes).toBeGreaterThan(10);
      expect(last.get(`conntrack_agent_source_up{source="counters",via="${via}"}`)).toBe(1);
      expect(last.get('conntrack_table_full_drops_total')).toBe(0);
      expect(agent.log).not.toMatch(/"level":"(warn|error)"/);
      expect(await agent.stop()).toBe(0);
    },
  );
});

import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { StatusJson } from '../../src/model/status-json.ts';
import { needs } from '../needs.ts';
import { Agent } from './lab/agent.ts';
import { samplesOf } from './lab/exposition.ts';
import { fill } from './lab/flood.ts';
import { labOfTest } from './lab/lab-of-test.ts';
import { withLimit } from './lab/limit.ts';
import { ADDRESS } from './lab/namespaces.ts';

const BUCKETS_FILE = '/proc/sys/net/netfilter/nf_conntrack_buckets';
const LIMIT = 2000;

/** As many buckets as entries, as on every default node: eviction looks into a few buckets only. */
async function withBuckets<T>(buckets: number, action: () => Promise<T>): Promise<T> {
  const original = readFileSync(BUCKETS_FILE, 'utf8');
  writeFileSync(BUCKETS_FILE, String(buckets));
  try {
    return await action();
  } finally {
    writeFileSync(BUCKETS_FILE, original);
  }
}

describe('the agent on a table at its limit that evicts for each new flow', () => {
  it.for(['ctnetlink', 'procfs'])(
    'pages for it and says that nothing is dropped, by way of %s',
    async (via, context) => {
      needs(context, 'root', 'nf_conntrack', 'ip', 'nft', 'conntrack');
      const lab = await labOfTest({ udpTimeoutSeconds: 60 });
      await withLimit(LIMIT, () =>
        withBuckets(LIMIT, async () => {
          const flags = [
            `--node.ip=${ADDRESS.node}`,
            '--web.listen-address=127.0.0.1:0',
            `--collector.counters.via=${via}`,
          ];
          const agent = await Agent.start(lab, { flags });
          const flood = fill(lab, 4500, { perSecond: 500 });
          await agent.logged(/alarm fires: table_nearly_full/, 20_000);
          await sleep(2500);
          const samples = samplesOf((await agent.get('/metrics')).body);
          const { summary, table } = JSON.parse((await agent.get('/api/v1/status')).body) as StatusJson;
          await flood;
          expect(samples.get('conntrack_early_drops_total')).toBeGreaterThan(100);
          expect(samples.get('conntrack_drops_total')).toBe(0);
          expect(samples.get('conntrack_alarm_raised_total{alarm="table_full",severity="critical"}')).toBe(0);
          expect(samples.get('conntrack_alarm_active{alarm="table_nearly_full",severity="critical"}')).toBe(1);
          expect(table.isDropping).toBe(false);
          expect(summary.level).toBe('critical');
          expect(summary.text).toMatch(
            /^(100 % full, evicting, nothing dropped yet|99\.\d % full, .*evicting entries)/,
          );
          expect(await agent.stop()).toBe(0);
        }),
      );
    },
  );
});

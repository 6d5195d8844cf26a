import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { UsageHistogram } from '../../src/analysis/table/history.ts';
import { TableJudge } from '../../src/analysis/table/table-judge.ts';
import { readNetnsCheck } from '../../src/host/netns/host-netns.ts';
import { NodeReader } from '../../src/host/node-reader.ts';
import { ProcFs } from '../../src/host/procfs/proc-fs.ts';
import { Exposition, type Format } from '../../src/metrics/exposition.ts';
import { CONNECTION_KINDS } from '../../src/model/scrapers.ts';
import { usageOf } from '../../src/model/status.ts';
import { needs } from '../needs.ts';
import { publicationWith } from './publication.ts';

const NODES = fileURLToPath(new URL('../fixtures/nodes', import.meta.url));
const GOLDEN = fileURLToPath(new URL('../golden', import.meta.url));

const nodes = readdirSync(NODES);

/** One scrape of a fixture node after one sample, with everything that is not the node's own held still. */
async function expositionOf(node: string, format: Format): Promise<string> {
  const proc = new ProcFs(`${NODES}/${node}/proc`);
  const reader = new NodeReader({ proc, clock: () => 0, counters: { fallBack: true } });
  const judge = new TableJudge({ peakWindowMs: 60_000 });
  const histogram = new UsageHistogram();
  const reading = reader.read();
  judge.addCounters(reading.counters, 0);
  judge.addFacts({ buckets: reading.buckets, scrapers: { overdue: [], reconnecting: [], unscrapedMs: 0 } });
  judge.addSample(reading);
  const usage = usageOf(reading);
  if (usage !== undefined) histogram.add(usage);
  const agent = { inHostNetns: readNetnsCheck(proc, undefined).inHostNetns, samples: 1, sampleLagSeconds: 0 };
  reader.close();
  const scrapes = new Map(CONNECTION_KINDS.map((kind, i) => [kind, i]));
  const lastPost = { isDelivered: true, agoSeconds: 3 };
  const alertmanager = { ageSeconds: 7, address: '10.0.0.7:9093', problem: undefined, lastPost };
  const alertmanagers = [{ url: 'http://alertmanager:9093', isConnected: true, ...alertmanager }];
  const status = judge.statusAt(0);
  const shown = publicationWith({ reading, status, usage: histogram.counts, agent, scrapes, alertmanagers });
  const { body } = await new Exposition().render(shown, format);
  return body;
}

describe.each(nodes)('the exposition of %s', (node) => {
  it('is the golden one in Prometheus text', async () => {
    await expect(await expositionOf(node, 'text')).toMatchFileSnapshot(`${GOLDEN}/${node}.prom`);
  });

  it('is the golden one in OpenMetrics', async () => {
    await expect(await expositionOf(node, 'openmetrics')).toMatchFileSnapshot(`${GOLDEN}/${node}.openmetrics`);
  });

  it('passes promtool check metrics', (context) => {
    needs(context, 'promtool');
    expect(promtool(readFileSync(`${GOLDEN}/${node}.prom`, 'utf8'))).toEqual({ status: 0, said: '' });
  });
});

describe('promtool check metrics', () => {
  it('does find fault with a bad exposition', (context) => {
    needs(context, 'promtool');
    expect(promtool('# TYPE a_total gauge\na_total 1\n').status).not.toBe(0);
  });
});

describe('what a kernel does not tell', () => {
  it.each([
    [
      'rhel7-3.10',
      ['conntrack_clashes_resolved_total', 'conntrack_chain_too_long_total', 'conntrack_nat_collisions_total'],
    ],
    ['rhel8-4.18', ['conntrack_clashes_resolved_total', 'conntrack_chain_too_long_total']],
    ['ubuntu-5.15-no-stat-file', ['conntrack_drops_total', 'conntrack_table_full_drops_total']],
    [
      'ubuntu-5.15-no-stat-file',
      [
        'conntrack_alarm_active{alarm="insert_failures",severity="warning"}',
        'conntrack_alarm_raised_total{alarm="invalid_packets",severity="warning"}',
      ],
    ],
    [
      'no-conntrack-module',
      [
        'conntrack_entries',
        'conntrack_entries_limit',
        'conntrack_usage_ratio',
        'conntrack_alarm_active{alarm="table_full",severity="critical"}',
      ],
    ],
  ])('is absent on %s, never 0', async (node, absent) => {
    const series = (await expositionOf(node, 'text')).split('\n').filter((line) => !line.startsWith('#'));
    for (const name of absent)
      expect(series.filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))).toEqual([]);
  });
});

function promtool(exposition: string): { status: number | null; said: string } {
  const { status, stderr, stdout } = spawnSync('promtool', ['check', 'metrics'], {
    input: exposition,
    encoding: 'utf8',
  });
  return { status, said: stdout + stderr };
}

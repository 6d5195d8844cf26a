import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../../simulator/free-port.ts';
import { newerProgramPath } from '../../../simulator/program-paths.ts';
import { FakeNode } from '../../fake-node.ts';
import { needs } from '../../needs.ts';
import { Program } from '../../program.ts';

/** What Prometheus 3 can be told about the format of a scrape. */
const JOBS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  default: {},
  'text-1.0.0': { scrape_protocols: ['PrometheusText1.0.0'] },
  'text-0.0.4': { scrape_protocols: ['PrometheusText0.0.4'] },
  'openmetrics-1.0.0': { scrape_protocols: ['OpenMetricsText1.0.0'] },
  'openmetrics-0.0.1': { scrape_protocols: ['OpenMetricsText0.0.1'] },
  protobuf: { scrape_protocols: ['PrometheusProto'], fallback_scrape_protocol: 'PrometheusText0.0.4' },
  escaping: { metric_name_validation_scheme: 'legacy', metric_name_escaping_scheme: 'underscores' },
  uncompressed: { enable_compression: false },
  'no-timestamps': { honor_timestamps: false },
  'no-http2': { enable_http2: false },
};

describe('a real Prometheus 3', () => {
  it('takes every format that it can ask for, without a warning', async (context) => {
    needs(context, 'newer prometheus');
    await using node = await FakeNode.create({ entries: 7, limit: 100, counters: [{ drop: 1 }] });
    const agent = new Program([`--path.procfs=${node.procRoot}`, '--web.listen-address=127.0.0.1:0', '--web.socket=']);
    onTestFinished(async () => void (await agent.stop()));
    const { address } = await agent.logged(/^Listening on/);
    const folder = mkdtempSync(join(tmpdir(), 'conntrack-prometheus-3-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const scrape_configs = Object.entries(JOBS).map(([job_name, options]) => {
      return { job_name, scrape_interval: '1s', static_configs: [{ targets: [address] }], ...options };
    });
    writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify({ scrape_configs }));
    const port = await freePort();
    const prometheus = spawn(newerProgramPath('prometheus')!, [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ]);
    let log = '';
    for (const stream of [prometheus.stdout, prometheus.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        log += text;
      });
    }
    onTestFinished(async () => {
      prometheus.kill();
      await new Promise((resolve) => prometheus.once('close', resolve));
    });
    const scraped = async () => {
      const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent('conntrack_entries == 7')}`;
      const text = await fetch(url).then(
        (answer) => answer.text(),
        () => '{"data":{"result":[]}}',
      );
      const { data } = JSON.parse(text) as { data: { result: { metric: { job: string } }[] } };
      return data.result.map(({ metric }) => metric.job).sort();
    };
    await expect.poll(scraped, { timeout: 15_000, interval: 200 }).toEqual(Object.keys(JOBS).sort());
    expect(log.split('\n').filter((line) => /level=(WARN|ERROR)/.test(line))).toEqual([]);
    expect(log).toContain('level=INFO');
  });
});

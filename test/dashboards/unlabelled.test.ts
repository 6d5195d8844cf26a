import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { Fleet } from '../fleet/fleet.ts';
import { createFleetServer } from '../fleet/fleet-server.ts';
import { close, listen } from '../fleet/listening.ts';
import { findPrograms, startPrometheus } from '../fleet/programs.ts';
import { query } from '../fleet/prometheus-api.ts';
import { RULES_FILE } from '../fleet/prometheus-config.ts';
import { collectedLog } from '../http/collected-log.ts';
import { needs } from '../needs.ts';
import { askedBy, BOOK } from './book.ts';
import { choicesOf, interpolate } from './questions.ts';

const NODE = BOOK.find(({ uid }) => uid === 'conntrack-node')!;

it('shows a node that is scraped without the labels node and cluster, under a job of any name', async (context) => {
  needs(context, 'prometheus');
  const { log } = collectedLog();
  const fleet = new Fleet({ nodes: 1, seed: 1, speed: 1, sampleMs: 100, peakWindowMs: 60_000, log });
  const server = createFleetServer({ fleet, log, links: () => [] });
  const address = new URL(await listen(server, 0)).host;
  const folder = await mkdtemp(join(tmpdir(), 'conntrack-unlabelled-'));
  const metrics = {
    metrics_path: `/nodes/${fleet.nodes[0]!.cast.name}/metrics`,
    static_configs: [{ targets: [address] }],
  };
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [RULES_FILE],
    scrape_configs: [{ job_name: 'some-job', ...metrics }],
  };
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config));
  fleet.start();
  const prometheus = await startPrometheus(findPrograms('prometheus').prometheus, folder);
  onTestFinished(async () => {
    await prometheus.stop();
    fleet.stop();
    close(server);
    await rm(folder, { recursive: true });
  });
  await untilRecorded(prometheus.url);

  const toSeconds = Date.now() / 1000;
  const setting = { fromSeconds: toSeconds - 60, toSeconds, stepSeconds: 1, scrapeSeconds: 1 };
  const ask = async (expr: string) =>
    (await query(prometheus.url, expr)).map(({ labels, value }) => ({ metric: labels, value }));
  const choices = await choicesOf(NODE, {}, setting, ask);
  expect(choices).toMatchObject({
    cluster: '.*',
    node: String.raw`127\\.0\\.0\\.1`,
    instance: `(${address.replaceAll('.', String.raw`\\.`)})`,
  });
  for (const title of [
    'Timeouts',
    'Sources',
    'What changed?',
    'Memory of the agent',
    'How full is it, and where is it going?',
  ]) {
    const { target } = askedBy(NODE).find(({ panel }) => panel.title === title)!;
    expect(await ask(interpolate(target.expr, choices, setting)), title).not.toEqual([]);
  }
});

async function untilRecorded(url: string): Promise<void> {
  for (let tries = 0; tries < 60; tries += 1) {
    if ((await query(url, 'node:conntrack_agent_source_up:max{source="entries"} == 1')).length > 0) return;
    await sleep(250);
  }
  throw new Error(`Cannot see a node in ${url} after 15 s`);
}

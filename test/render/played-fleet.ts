/** A fleet of made-up nodes under a real Prometheus, that has lived for a while. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fleet } from '../../simulator/fleet.ts';
import { createFleetServer } from '../../simulator/fleet-server.ts';
import { close, listen } from '../../simulator/listening.ts';
import { findPrograms, startPrometheus } from '../../simulator/programs.ts';
import { prometheusConfig } from '../../simulator/prometheus-config.ts';
import { createLog, writerTo } from '../../src/agent/log.ts';

const SCRAPE_SECONDS = 15;

export async function playedFleet(nodes: number, minutes: number) {
  const log = createLog({ level: 'error', format: 'logfmt', wallClock: Date.now, write: writerTo(2) });
  const fleet = new Fleet({ nodes, seed: 1, speed: 1, sampleMs: 100, peakWindowMs: 60_000, log });
  const server = createFleetServer({ fleet, log, links: () => [] });
  const folder = await mkdtemp(join(tmpdir(), 'conntrack-pictures-'));
  const fleetUrl = await listen(server, 0);
  await writeFile(join(folder, 'prometheus.yml'), prometheusConfig({ fleetUrl, intervalSeconds: SCRAPE_SECONDS }));
  fleet.start();
  const prometheus = await startPrometheus(findPrograms('prometheus').prometheus, folder);
  for (let left = minutes; left > 0; left -= 1) {
    console.log(`${nodes} nodes at ${fleetUrl}, Prometheus at ${prometheus.url}: pictures in ${left} min`);
    await sleep(60_000);
  }
  return {
    url: prometheus.url,
    async [Symbol.asyncDispose]() {
      await prometheus.stop();
      fleet.stop();
      close(server);
      await rm(folder, { recursive: true });
    },
  };
}

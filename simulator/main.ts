/** `npm run fleet`: simulates a fleet of nodes for Prometheus, until Ctrl-C. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLog, writerTo } from '../src/agent/log.ts';
import { flagsHelp, readFlags, type Settings } from './flags.ts';
import { Fleet } from './fleet.ts';
import { createFleetServer } from './fleet-server.ts';
import { close, listen } from './listening.ts';
import { FLEET_FLAGS, SPEED_HELP } from './options.ts';
import { prometheusConfig } from './prometheus-config.ts';
import { interruption, print, runProgram } from './terminal.ts';

const HELP = `npm run fleet -- [flags]

Simulates a fleet of nodes for Prometheus: the agent's own code on proc file systems in memory.

${flagsHelp(FLEET_FLAGS)}

${SPEED_HELP}`;

/** How often it checks whether the machine is too slow for what is asked of it. */
const SLOWNESS_CHECK_MS = 10_000;

async function runFleet(settings: Settings<typeof FLEET_FLAGS>): Promise<void> {
  const interrupted = interruption();
  const { nodes, seed, speed, port, out } = settings;
  const log = createLog({ level: 'error', format: 'logfmt', wallClock: Date.now, write: writerTo(2) });
  const fleet = new Fleet({ nodes, seed, speed, sampleMs: settings['sample.interval'], peakWindowMs: 60_000, log });
  const server = createFleetServer({ fleet, log, links: () => [{ url: 'sd', title: 'Service discovery' }] });
  const fleetUrl = await listen(server, port);
  await mkdir(out, { recursive: true });
  const file = join(out, 'prometheus.yml');
  await writeFile(file, prometheusConfig({ fleetUrl, intervalSeconds: settings['scrape.interval'] / 1000 }));
  fleet.start();
  print(`${nodes} nodes at ${fleetUrl}, seed ${seed}, ${speed} times as fast as the clock. Ctrl-C ends them.`);
  print(`prometheus --config.file=${file} --storage.tsdb.path=${join(out, 'data')}`);
  const watch = setInterval(slownessReporter(fleet), SLOWNESS_CHECK_MS);
  await interrupted;
  clearInterval(watch);
  fleet.stop();
  close(server);
}

function slownessReporter(fleet: Fleet): () => void {
  let before = 0;
  return () => {
    const seconds = fleet.slowedSeconds - before;
    before += seconds;
    if (seconds < 1) return;
    print(`Cannot keep up: time stood still for ${seconds.toFixed(0)} of the last ${SLOWNESS_CHECK_MS / 1000} s`);
    print('Simulate fewer nodes, or use a lower --speed or a longer --sample.interval');
  };
}

await runProgram(async () => {
  const settings = readFlags(FLEET_FLAGS, process.argv.slice(2));
  if (settings === undefined) print(HELP);
  else await runFleet(settings);
});

/** `npm run demo`: twelve simulated nodes, Prometheus with the rules, and Alertmanager; until Ctrl-C. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, writerTo } from '../src/agent/log.ts';
import { flagsHelp, readFlags, type Settings } from './flags.ts';
import { Fleet } from './fleet.ts';
import { createFleetServer } from './fleet-server.ts';
import { close, listen } from './listening.ts';
import { alertmanagerConfig, createNotificationReceiver } from './notifications.ts';
import { DEMO_FLAGS, SPEED_HELP } from './options.ts';
import type { Link } from './overview-page.ts';
import { findPrograms, startAlertmanager, startPrometheus } from './programs.ts';
import { prometheusConfig } from './prometheus-config.ts';
import { interruption, print, runProgram } from './terminal.ts';

const NODES = 12;
const INTERVAL_SECONDS = 5;
const USAGE_GRAPH = 'g0.expr=conntrack_entries_peak%2Fconntrack_entries_limit&g0.tab=0';

const HELP = `npm run demo -- [flags]

Twelve simulated nodes, each with a fault of its own, a Prometheus that scrapes them, and an Alertmanager that sends notifications.
Needs both programs, and nothing else: no root, no connection tracking. Keeps nothing.

${flagsHelp(DEMO_FLAGS)}

${SPEED_HELP}`;

async function demo({ port, ...settings }: Settings<typeof DEMO_FLAGS>): Promise<void> {
  const interrupted = interruption(); // From the start, or Ctrl-C meanwhile would leave things behind.
  const commands = findPrograms('prometheus', 'alertmanager');
  const folder = await mkdtemp(join(tmpdir(), 'conntrack-demo-'));
  const ends: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const log = createLog({ level: 'error', format: 'logfmt', wallClock: Date.now, write: writerTo(2) });
    const { seed, speed, 'sample.interval': sampleMs } = settings;
    const fleet = new Fleet({ nodes: NODES, seed, speed, sampleMs, peakWindowMs: 60_000, log });
    const links: Link[] = [];
    const server = createFleetServer({ fleet, log, links: () => links });
    const fleetUrl = await listen(server, port);
    ends.unshift(() => close(server));
    fleet.start();
    ends.unshift(() => fleet.stop());

    const receiver = createNotificationReceiver(print);
    const receiverUrl = await listen(receiver, 0);
    ends.unshift(() => close(receiver));
    await writeFile(join(folder, 'alertmanager.yml'), alertmanagerConfig(receiverUrl));
    const alertmanager = await startAlertmanager(commands.alertmanager, folder);
    ends.unshift(() => alertmanager.stop());

    const config = { fleetUrl, intervalSeconds: INTERVAL_SECONDS, alertmanager: new URL(alertmanager.url).host };
    await writeFile(join(folder, 'prometheus.yml'), prometheusConfig(config));
    const prometheus = await startPrometheus(commands.prometheus, folder);
    ends.unshift(() => prometheus.stop());

    links.push(
      { url: await pageOf(prometheus.url, 'alerts'), title: 'Prometheus: alerts' },
      { url: `${await pageOf(prometheus.url, 'graph')}?${USAGE_GRAPH}`, title: 'Prometheus: usage' },
      { url: `${alertmanager.url}/#/alerts`, title: 'Alertmanager' },
    );
    print(`${fleetUrl} has everything. Notifications appear below, the first within a minute. Ctrl-C ends it.`);
    await interrupted;
  } finally {
    for (const end of ends) await end();
  }
}

/** Debian's Prometheus has the old pages alone. */
async function pageOf(url: string, page: string): Promise<string> {
  const { ok } = await fetch(`${url}/${page}`);
  return `${url}/${ok ? '' : 'classic/'}${page}`;
}

await runProgram(async () => {
  const settings = readFlags(DEMO_FLAGS, process.argv.slice(2));
  if (settings === undefined) print(HELP);
  else await demo(settings);
});

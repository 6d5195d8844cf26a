/** The clients themselves, in the peer, where nothing is tracked. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Child } from '../../simulator/child.ts';
import { newerProgramPath } from '../../simulator/program-paths.ts';
import type { Lab } from '../../test/kernel/lab/namespaces.ts';
import { Prometheus } from '../../test/kernel/lab/prometheus.ts';
import { ALL, type Case, INTERVAL_SECONDS, type Secrets, scrapeConfigs, targetOf } from './cases.ts';

/** Prints `ok` or the error of each scrape. */
const NODE_CLIENT = `
  const [url, keepAlive, everyMs, socketPath] = process.argv.slice(1);
  const { Agent, get } = require('node:http');
  const agent = new Agent({ keepAlive: keepAlive === 'true', maxSockets: 1 });
  const options = { agent, timeout: 4000, headers: { 'user-agent': 'node' }, ...(socketPath && { socketPath }) };
  setInterval(() => {
    const asked = get(url, options, (answer) => answer.resume().on('end', () => console.log('ok')));
    asked.on('timeout', () => asked.destroy(new Error('timed out'))).on('error', ({ message }) => console.log(message));
  }, Number(everyMs));`;

export type Clients = { readonly prometheus: Prometheus; readonly prometheus3: Prometheus };

export async function startClients(lab: Lab, secrets: Secrets): Promise<Clients> {
  const config = (runs: Case['runs']) => JSON.stringify({ scrape_configs: scrapeConfigs(runs, secrets) });
  startVmagent(lab, secrets, 'vmagent', 8429, []);
  startVmagent(lab, secrets, 'vmagent-without-keep-alive', 8430, ['-promscrape.disableKeepAlive']);
  for (const one of ALL) {
    if (one.runs === 'node' || one.runs === 'node-keep-alive') {
      startNodeClient(lab, `http://${targetOf(one)}/metrics`, one.runs === 'node-keep-alive');
    }
  }
  const program = newerProgram('prometheus');
  return {
    prometheus: await Prometheus.start(lab, { config: config('prometheus') }),
    prometheus3: await Prometheus.start(lab, { config: config('prometheus-3'), listen: '127.0.0.1:9091', program }),
  };
}

export function startNodeClient(lab: Lab, url: string, keepAlive: boolean, socketPath = ''): Child {
  const args = ['-e', NODE_CLIENT, url, String(keepAlive), String(INTERVAL_SECONDS * 1000), socketPath];
  return lab.spawnIn('peer', process.execPath, args);
}

function startVmagent(lab: Lab, secrets: Secrets, runs: Case['runs'], port: number, flags: readonly string[]): void {
  const file = join(secrets.folder, `${runs}.yml`);
  writeFileSync(file, JSON.stringify({ scrape_configs: scrapeConfigs(runs, secrets) }));
  lab.spawnIn('peer', newerProgram('vmagent'), [
    `-promscrape.config=${file}`,
    '-remoteWrite.url=http://127.0.0.1:9/',
    `-remoteWrite.tmpDataPath=${join(secrets.folder, runs)}`,
    `-httpListenAddr=127.0.0.1:${port}`,
    ...flags,
  ]);
}

function newerProgram(name: string): string {
  const path = newerProgramPath(name);
  if (path === undefined) throw new Error(`Cannot find "${name}": run .ci/newer-programs`);
  return path;
}

/** What may scrape a fleet and evaluate the rules: Prometheus, or vmagent, VictoriaMetrics and vmalert in its place. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { newerProgramPath } from '../simulator/program-paths.ts';
import { findPrograms, ServingProgram, startPrometheus } from '../simulator/programs.ts';
import { RULES_FILE } from '../simulator/prometheus-config.ts';

export const ENGINES = ['prometheus', 'victoria'] as const;
export type EngineName = (typeof ENGINES)[number];

export type Engine = {
  /** Answers queries. */
  readonly url: string;
  readonly pids: readonly number[];
  /** Seconds that the slowest group of rules took last. */
  longestEvaluation(): Promise<number>;
  missedEvaluations(): Promise<number>;
  stop(): Promise<void>;
};

/** `folder` holds the fleet's prometheus.yml; the other exporter that it names is not part of what is measured. */
export async function startEngine(name: EngineName, folder: string): Promise<Engine> {
  const path = join(folder, 'prometheus.yml');
  const config = parse(await readFile(path, 'utf8')) as { scrape_configs: { job_name: string }[] };
  const jobs = config.scrape_configs.filter(({ job_name }) => job_name === 'conntrack-agent');
  await writeFile(path, stringify({ ...config, scrape_configs: jobs }));
  return name === 'prometheus' ? prometheus(folder) : victoria(folder, path);
}

async function prometheus(folder: string): Promise<Engine> {
  const program = await startPrometheus(findPrograms('prometheus').prometheus, folder);
  const own = (metric: string) => valuesOf(program.url, metric);
  return {
    url: program.url,
    pids: [program.pid],
    longestEvaluation: async () => Math.max(...(await own('prometheus_rule_group_last_duration_seconds'))),
    missedEvaluations: async () => sum(await own('prometheus_rule_group_iterations_missed_total')),
    stop: () => program.stop(),
  };
}

async function victoria(folder: string, config: string): Promise<Engine> {
  const started: ServingProgram[] = [];
  const start = async (program: string, argsAt: (address: string) => readonly string[]) => {
    const one = await ServingProgram.start(newerProgram(program), argsAt);
    started.unshift(one);
    return one;
  };
  const stop = async () => void (await Promise.all(started.map((one) => one.stop())));
  try {
    const store = await start('victoria-metrics', (address) => [
      `-storageDataPath=${join(folder, 'store')}`,
      `-httpListenAddr=${address}`,
    ]);
    const agent = await start('vmagent', (address) => [
      `-promscrape.config=${config}`,
      '-promscrape.config.strictParse=false',
      `-remoteWrite.url=${store.url}/api/v1/write`,
      `-remoteWrite.tmpDataPath=${join(folder, 'agent')}`,
      `-httpListenAddr=${address}`,
    ]);
    const alert = await start('vmalert', (address) => [
      `-rule=${RULES_FILE}`,
      `-datasource.url=${store.url}`,
      `-remoteWrite.url=${store.url}`,
      `-remoteRead.url=${store.url}`,
      '-notifier.blackhole',
      '-evaluationInterval=15s',
      `-httpListenAddr=${address}`,
    ]);
    return {
      url: store.url,
      pids: [store, agent, alert].map(({ pid }) => pid),
      longestEvaluation: async () => Math.max(...(await valuesOf(alert.url, 'vmalert_iteration_duration_seconds'))),
      missedEvaluations: async () => sum(await valuesOf(alert.url, 'vmalert_iteration_missed_total')),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function newerProgram(name: string): string {
  const path = newerProgramPath(name);
  if (path === undefined) throw new Error(`Cannot find "${name}": run .ci/newer-programs`);
  return path;
}

/** Every value that a program shows of one of its own metrics; of a summary its quantiles. */
async function valuesOf(url: string, metric: string): Promise<number[]> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(metric) && /[{ ]/.test(line.charAt(metric.length)));
  return lines.map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/**
 * `tsx bench/fleet.ts [400@15s] [5000@15s] [5000@30s]`: what it takes to watch a fleet of 400 nodes, ten times as fast as the
 * clock, and one of 5,000, scraped so often, with the rules loaded. Three minutes for each, all three unless some are named.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findPrograms, type ServingProgram, startPrometheus } from '../test/fleet/programs.ts';
import { ownMetric, query } from '../test/fleet/prometheus-api.ts';
import { print, runProgram } from '../test/fleet/terminal.ts';
import { Child } from '../test/kernel/lab/child.ts';
import { cpuSeconds, residentBytes } from './process-usage.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SETTLE_MS = 75_000;
const MEASURED_MS = 90_000;
const START_MS = 60_000;
/** As `npm run fleet` has it. */
const NODE_FLAGS = ['--max-semi-space-size=64', '--import', 'tsx'];
const UP = 'up{job="conntrack-agent"}';
const PACE = "seconds of the nodes' time in a second";

type Size = {
  readonly nodes: number;
  readonly speed: number;
  readonly sampleMs: number;
  readonly scrapeSeconds: number;
};

const SIZES: readonly Size[] = [
  { nodes: 400, speed: 10, sampleMs: 100, scrapeSeconds: 15 },
  { nodes: 5000, speed: 1, sampleMs: 1000, scrapeSeconds: 15 },
  { nodes: 5000, speed: 1, sampleMs: 1000, scrapeSeconds: 30 },
];

function nameOf({ nodes, scrapeSeconds }: Size): string {
  return `${nodes}@${scrapeSeconds}s`;
}

/** What was measured, by its name. */
type Figures = ReadonlyMap<string, string>;

async function measure(size: Size): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'conntrack-bench-fleet-'));
  const flags = [
    `--nodes=${size.nodes}`,
    `--speed=${size.speed}`,
    `--sample.interval=${size.sampleMs}ms`,
    `--scrape.interval=${size.scrapeSeconds}s`,
  ];
  const args = [...NODE_FLAGS, 'test/fleet/main.ts', ...flags, '--port=0', `--out=${folder}`];
  const fleet = new Child(process.execPath, args, { cwd: ROOT });
  let prometheus: ServingProgram | undefined;
  try {
    await fleet.waitFor(/nodes at http/, { timeoutMs: START_MS });
    prometheus = await startPrometheus(findPrograms('prometheus').prometheus, folder);
    await sleep(SETTLE_MS);
    return new Map([['flags', `\`${flags.join(' ')}\``], ...(await figuresOf(prometheus, fleet, size))]);
  } finally {
    await prometheus?.stop();
    await fleet.stop();
    await rm(folder, { recursive: true });
  }
}

/** What is asked of Prometheus at the end, with the digits that mean something. */
const QUERIES: readonly (readonly [name: string, expression: string, digits: number])[] = [
  ['targets', `count(${UP})`, 0],
  ['of them up', `sum(${UP})`, 0],
  ['scrapes in two minutes, of the target with fewest', `min(count_over_time(${UP}[2m]))`, 0],
  ['samples of one scrape of all', 'sum(scrape_samples_scraped)', 0],
  ['scrape duration, median, s', 'quantile(0.5, scrape_duration_seconds)', 3],
  ['scrape duration, 99 of 100, s', 'quantile(0.99, scrape_duration_seconds)', 3],
  ['scrape duration, longest in two minutes, s', 'max(max_over_time(scrape_duration_seconds[2m]))', 3],
];

async function figuresOf({ url, pid }: ServingProgram, fleet: Child, { sampleMs }: Size): Promise<Figures> {
  const countersOf = async () => ({
    fleetCpu: cpuSeconds(fleet.pid!),
    prometheusCpu: cpuSeconds(pid),
    appended: await ownMetric(url, 'prometheus_tsdb_head_samples_appended_total'),
    missed: await ownMetric(url, 'prometheus_rule_group_iterations_missed_total'),
  });
  const before = await countersOf();
  const evaluations: number[] = [];
  const startMs = performance.now();
  while (performance.now() - startMs < MEASURED_MS) {
    await sleep(15_000);
    evaluations.push(await ownMetric(url, 'prometheus_rule_group_last_duration_seconds'));
  }
  const after = await countersOf();
  const seconds = (performance.now() - startMs) / 1000;
  const perSecond = (name: keyof typeof before) => (after[name] - before[name]) / seconds;
  const answers = await Promise.all(
    [...QUERIES, [PACE, `avg(rate(conntrack_agent_samples_total[2m])) * ${sampleMs / 1000}`, 2] as const].map(
      async ([name, expression, digits]) =>
        [name, ((await query(url, expression))[0]?.value ?? NaN).toFixed(digits)] as const,
    ),
  );
  return new Map([
    ...answers,
    ['series in the head', String(await ownMetric(url, 'prometheus_tsdb_head_series'))],
    ['samples appended a second, those of the rules too', perSecond('appended').toFixed(0)],
    ['evaluation of the rules, longest of six, s', Math.max(...evaluations).toFixed(2)],
    ['evaluations missed', String(after.missed - before.missed)],
    ['memory of Prometheus, MB', megabytes(pid)],
    ['cores of Prometheus', perSecond('prometheusCpu').toFixed(2)],
    ['memory of the fleet, MB', megabytes(fleet.pid!)],
    ['cores of the fleet', perSecond('fleetCpu').toFixed(2)],
  ]);
}

function megabytes(pid: number): string {
  return (residentBytes(pid) / 1e6).toFixed(0);
}

await runProgram(async () => {
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !SIZES.some((size) => nameOf(size) === name));
  if (unknown.length > 0)
    throw new Error(`Cannot measure ${unknown.join(', ')}: expected some of ${SIZES.map(nameOf).join(', ')}`);
  const sizes = SIZES.filter((size) => asked.length === 0 || asked.includes(nameOf(size)));
  const columns: Figures[] = [];
  for (const size of sizes) columns.push(await measure(size));
  print(`| | ${sizes.map(nameOf).join(' | ')} |`);
  print(`| --- |${' --- |'.repeat(sizes.length)}`);
  for (const name of columns[0]?.keys() ?? []) {
    print(`| ${name} | ${columns.map((column) => column.get(name)).join(' | ')} |`);
  }
});

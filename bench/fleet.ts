/**
 * `tsx bench/fleet.ts [400@15s] [5000@15s] [5000@30s]`: what it takes to watch a fleet of 400 nodes, ten times as fast as the
 * clock, and one of 5,000, scraped so often, with the rules loaded: by Prometheus, or by vmagent, VictoriaMetrics and vmalert
 * (`5000@30s/victoria`). Three minutes for each, all unless some are named.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Child } from '../simulator/child.ts';
import { query } from '../simulator/prometheus-api.ts';
import { print, runProgram } from '../simulator/terminal.ts';
import { ENGINES, type Engine, type EngineName, startEngine } from './fleet-engines.ts';
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

async function measure(size: Size, name: EngineName): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'conntrack-bench-fleet-'));
  const flags = [
    `--nodes=${size.nodes}`,
    `--speed=${size.speed}`,
    `--sample.interval=${size.sampleMs}ms`,
    `--scrape.interval=${size.scrapeSeconds}s`,
  ];
  const args = [...NODE_FLAGS, 'simulator/main.ts', ...flags, '--port=0', `--out=${folder}`];
  const fleet = new Child(process.execPath, args, { cwd: ROOT });
  let engine: Engine | undefined;
  try {
    await fleet.waitFor(/nodes at http/, { timeoutMs: START_MS });
    engine = await startEngine(name, folder);
    await sleep(SETTLE_MS);
    return new Map([['flags', `\`${flags.join(' ')}\``], ...(await figuresOf(engine, fleet, size))]);
  } finally {
    await engine?.stop();
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

async function figuresOf(engine: Engine, fleet: Child, { sampleMs }: Size): Promise<Figures> {
  const countersOf = async () => ({
    fleetCpu: cpuSeconds(fleet.pid!),
    engineCpu: engine.pids.reduce((total, pid) => total + cpuSeconds(pid), 0),
    missed: await engine.missedEvaluations(),
  });
  const before = await countersOf();
  const evaluations: number[] = [];
  const startMs = performance.now();
  while (performance.now() - startMs < MEASURED_MS) {
    await sleep(15_000);
    evaluations.push(await engine.longestEvaluation());
  }
  const after = await countersOf();
  const seconds = (performance.now() - startMs) / 1000;
  const answers = await Promise.all(
    [...QUERIES, [PACE, `avg(rate(conntrack_agent_samples_total[2m])) * ${sampleMs / 1000}`, 2] as const].map(
      async ([name, expression, digits]) =>
        [name, ((await query(engine.url, expression))[0]?.value ?? NaN).toFixed(digits)] as const,
    ),
  );
  return new Map([
    ...answers,
    ['longest evaluation of all rules, s', Math.max(...evaluations).toFixed(2)],
    ['evaluations missed', String(after.missed - before.missed)],
    ['memory of the engine, MB', (engine.pids.reduce((total, pid) => total + residentBytes(pid), 0) / 1e6).toFixed(0)],
    ['cores of the engine', ((after.engineCpu - before.engineCpu) / seconds).toFixed(2)],
    ['memory of the fleet, MB', (residentBytes(fleet.pid!) / 1e6).toFixed(0)],
    ['cores of the fleet', ((after.fleetCpu - before.fleetCpu) / seconds).toFixed(2)],
  ]);
}

/** `5000@30s` is a size with Prometheus, `5000@30s/victoria` the same with VictoriaMetrics. */
const CASES = SIZES.flatMap((size) =>
  ENGINES.map((engine) => ({
    size,
    engine,
    name: engine === 'prometheus' ? nameOf(size) : `${nameOf(size)}/${engine}`,
  })),
);

await runProgram(async () => {
  const asked = process.argv.slice(2);
  const names = CASES.map(({ name }) => name);
  const unknown = asked.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`Cannot measure ${unknown.join(', ')}: expected some of ${names.join(', ')}`);
  const wanted = CASES.filter(({ name }) => asked.length === 0 || asked.includes(name));
  const columns: Figures[] = [];
  for (const { name, size, engine } of wanted) {
    const figures = await measure(size, engine);
    process.stderr.write(`${name}: ${[...figures].map(([what, value]) => `${what} ${value}`).join('; ')}\n`);
    columns.push(figures);
  }
  print(`| | ${wanted.map(({ name }) => name).join(' | ')} |`);
  print(`| --- |${' --- |'.repeat(wanted.length)}`);
  for (const name of columns[0]?.keys() ?? []) {
    print(`| ${name} | ${columns.map((column) => column.get(name)).join(' | ')} |`);
  }
});

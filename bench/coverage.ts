/**
 * `tsx bench/coverage.ts`, as root: whether the intervals of a sampled flow sample hold what they promise, on tables of a
 * million flows with known shares, new ones each time. Puts the machine's nf_conntrack_max back afterwards.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FlowSample, Share } from '../src/model/flows.ts';
import { withLimit } from '../test/kernel/lab/limit.ts';
import { createLab, type Lab } from '../test/kernel/lab/namespaces.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const READER = fileURLToPath(new URL('../test/kernel/flow-sample-reader.ts', import.meta.url));

const FLOWS = 1_000_000;
/** Lines given to conntrack at a time. */
const PART = 100_000;
/** Each reads more of the same table; the flows of a smaller one are among those of a larger. */
const BUDGETS = [5_000, 20_000, 50_000];
const TABLES = 4;
const SOURCES = 400;
const SERVICES = 300;
const TOP = 1000;

/** True flows by key. */
type Tally = Map<string, number>;
type Truth = { readonly sources: Tally; readonly destinations: Tally; readonly prefixes: Tally };

/** So many of the kind that begins with 0, a hundredfold more of the first than of the last. */
const skewed = (kinds: number) => Math.floor(Math.random() ** 2 * kinds);

function count(tally: Tally, key: string): void {
  tally.set(key, (tally.get(key) ?? 0) + 1);
}

/** UDP flows of random clients to random services. No two are alike: the source port tells those of a pair apart. */
function* flowLines(truth: Truth): Generator<string> {
  const ports = new Map<string, number>();
  for (let i = 0; i < FLOWS; i += 1) {
    const [client, service] = [skewed(SOURCES), skewed(SERVICES)];
    const [subnet, host] = [client % 20, client];
    const source = `10.${subnet}.${host >> 8}.${host & 255}`;
    const [address, port] = [`10.96.0.${service % 250}`, 1000 + service];
    const pair = `${client} ${service}`;
    const sourcePort = (ports.get(pair) ?? 1023) + 1;
    ports.set(pair, sourcePort);
    count(truth.sources, source);
    count(truth.prefixes, `${source.replace(/\.\d+$/, '')}.0/24`);
    count(truth.destinations, `${address}:${port}`);
    yield `-I -t 3600 -s ${source} -d ${address} -p udp --sport ${sourcePort} --dport ${port}\n`;
  }
}

async function load(lab: Lab): Promise<Truth> {
  const truth: Truth = { sources: new Map(), destinations: new Map(), prefixes: new Map() };
  const folder = await mkdtemp(join(tmpdir(), 'conntrack-coverage-'));
  const file = join(folder, 'flows');
  try {
    const lines = Array.from(flowLines(truth));
    for (let from = 0; from < lines.length; from += PART) {
      await writeFile(file, lines.slice(from, from + PART).join(''));
      await lab.exec('node', 'conntrack', ['--load-file', file], { timeoutMs: 120_000 });
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return truth;
}

async function flowSample(lab: Lab, budget: number): Promise<FlowSample> {
  const args = ['--import', 'tsx', READER, 'flowSample', String(budget), String(TOP)];
  return JSON.parse(await lab.exec('node', process.execPath, args, { cwd: ROOT, timeoutMs: 60_000 }));
}

type Coverage = { held: number; of: number };
const RANKINGS = ['sources', 'destinations', 'prefixes'] as const;
/** By ranking. */
type Coverages = Record<(typeof RANKINGS)[number], Coverage>;

/** How many of the listed have their true share in the interval, and of how many. */
function covered<Row extends Share>(rows: readonly Row[], truth: Tally, keyOf: (row: Row) => string): Coverage {
  const holding = rows.filter((row) => {
    const share = (truth.get(keyOf(row)) ?? 0) / FLOWS;
    return row.low <= share && share <= row.high;
  });
  return { held: holding.length, of: rows.length };
}

function coveragesOf({ sources, destinations, prefixes }: FlowSample, truth: Truth): Coverages {
  return {
    sources: covered(sources.top, truth.sources, ({ address }) => address),
    destinations: covered(destinations.top, truth.destinations, ({ address, port }) => `${address}:${port}`),
    prefixes: covered(prefixes.top, truth.prefixes, ({ prefix }) => prefix),
  };
}

const sum = (all: readonly Coverage[]): Coverage => ({
  held: all.reduce((total, { held }) => total + held, 0),
  of: all.reduce((total, { of }) => total + of, 0),
});

function row(budget: number, tables: readonly Coverages[]): string {
  const cells = RANKINGS.map((name) => sum(tables.map((one) => one[name])));
  const { held, of } = sum(cells);
  return `| ${budget} | ${cells.map((cell) => `${cell.held} of ${cell.of}`).join(' | ')} | ${((100 * held) / of).toFixed(1)} % |`;
}

/** One table after the other, each read with every budget. */
async function measure(): Promise<Map<number, Coverages[]>> {
  const found = new Map<number, Coverages[]>(BUDGETS.map((budget) => [budget, []]));
  for (let table = 0; table < TABLES; table += 1) {
    const lab = await createLab();
    try {
      const truth = await load(lab);
      for (const [budget, coverages] of found) coverages.push(coveragesOf(await flowSample(lab, budget), truth));
    } finally {
      await lab.dispose();
    }
  }
  return found;
}

const found = await withLimit(FLOWS + 100_000, measure);
console.log(`Intervals that hold the true share, of ${TABLES} tables of ${FLOWS} flows; wanted: at least 95 %\n`);
console.log('| budget | sources | destinations | prefixes | all |\n|---|---|---|---|---|');
for (const [budget, coverages] of found) console.log(row(budget, coverages));

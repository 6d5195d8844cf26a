/**
 * `node build.mjs && tsx bench/flow-sample.ts`, as root: the flow sample against `conntrack -L`, on one table in one run. Fills a namespace of
 * its own with a million flows and puts the machine's nf_conntrack_max back afterwards.
 */
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { fill } from '../test/kernel/lab/flood.ts';
import { withLimit } from '../test/kernel/lab/limit.ts';
import { createLab, type Lab } from '../test/kernel/lab/namespaces.ts';
import type { FlowSampleRun } from './flow-sample-reader.ts';
import { scrapesOf } from './flow-sample-scrapes.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const READER = fileURLToPath(new URL('./flow-sample-reader.ts', import.meta.url));
/** Where koffi is found, and where no build cleans up meanwhile. */
const BUNDLE = fileURLToPath(new URL('../node_modules/.cache/bench-flow-sample-reader.mjs', import.meta.url));

const SMALL = 50_000;
const LARGE = 1_000_000;
const BUDGET = 20_000;

type Row = { readonly what: string; readonly measured: string; readonly wanted: string };

async function flowSample(lab: Lab, budget: number, runs: number): Promise<FlowSampleRun[]> {
  const args = ['--max-semi-space-size=1', BUNDLE, String(budget), String(runs)];
  return JSON.parse(await lab.exec('node', process.execPath, args, { cwd: ROOT, timeoutMs: 120_000 }));
}

async function listMs(lab: Lab): Promise<number> {
  const startMs = performance.now();
  await lab.exec('node', 'sh', ['-c', 'conntrack -L >/dev/null 2>&1'], { timeoutMs: 120_000 });
  return performance.now() - startMs;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

async function measure(lab: Lab): Promise<Row[]> {
  await fill(lab, SMALL);
  const small = await flowSample(lab, BUDGET, 11);
  await fill(lab, LARGE - SMALL);
  const large = await flowSample(lab, BUDGET, 11);
  const listed = [await listMs(lab)];
  const full = await flowSample(lab, 0, 11);
  listed.push(await listMs(lab), await listMs(lab));
  const [counting, idle] = [await scrapesOf(lab, 'flowSample'), await scrapesOf(lab, 'none')];
  const [smallMs, largeMs] = [small, large].map((runs) => median(runs.map(({ wallMs }) => wallMs)));
  const wall = median(full.map(({ wallMs }) => wallMs));
  const pick = (name: keyof FlowSampleRun) => full.map((run) => run[name] as number);
  const rssBefore = pick('rssBeforeMb')[0]!;
  return [
    row('flows read by a full flow sample', pick('read').at(-1)!, '', `about ${LARGE}`),
    row('`conntrack -L >/dev/null`', median(listed), 'ms', 'the peer'),
    row('full flow sample, wall', wall, 'ms', ''),
    row('ratio to the peer', wall / median(listed), '', '<= 0.6'),
    row('full flow sample, user CPU', median(pick('userMs')), 'ms', '<= 250'),
    row('full flow sample, system CPU', median(pick('systemMs')), 'ms', ''),
    row('event loop delay p99, median of runs', median(pick('loopDelayP99Ms')), 'ms', '<= 10'),
    row('event loop delay, highest', Math.max(...pick('loopDelayMaxMs')), 'ms', ''),
    row(`budget ${BUDGET} of ${SMALL}, wall`, smallMs!, 'ms', '<= 100'),
    row(`budget ${BUDGET} of ${LARGE}, wall`, largeMs!, 'ms', '<= 100'),
    row('ratio of the two', largeMs! / smallMs!, '', '<= 1.3'),
    row('first flow sample of a process, budget', large[0]!.wallMs, 'ms', '<= 100'),
    row('resident memory after one full flow sample, above before', pick('rssMb')[0]! - rssBefore, 'MB', '<= 16'),
    row('resident memory after ten more, above before', pick('rssMb')[10]! - rssBefore, 'MB', '<= 16, flat'),
    row(
      `p99 of ${counting.scrapes} scrapes beside ${counting.flowSamples} full flow samples`,
      counting.p99Ms,
      'ms',
      '<= 25',
    ),
    row('the same without a flow sample', idle.p99Ms, 'ms', 'the peer'),
  ];
}

function row(what: string, value: number, unit: string, wanted: string): Row {
  const digits = Number.isInteger(value) ? 0 : value < 10 ? 2 : 1;
  return { what, measured: `${value.toFixed(digits)} ${unit}`.trim(), wanted };
}

await build({
  entryPoints: [READER],
  outfile: BUNDLE,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: ['koffi'],
  logLevel: 'error',
});
const rows = await withLimit(LARGE + 100_000, async () => {
  const lab = await createLab({ udpTimeoutSeconds: 600 });
  try {
    return await measure(lab);
  } finally {
    await lab.dispose();
  }
});
await rm(BUNDLE);
console.log('| what | measured | wanted |\n|---|---|---|');
for (const { what, measured, wanted } of rows) console.log(`| ${what} | ${measured} | ${wanted} |`);

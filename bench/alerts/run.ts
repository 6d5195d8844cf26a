/**
 * Prints how good the alerts are and writes it to RESULTS.md; fails when a requirement is not met. With the name of a
 * corpus as its argument it only prints, and only that corpus: who tunes an alarm looks at `tuning` alone.
 */
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { CORPUS_NAMES } from './corpora.ts';
import { measure } from './measurement.ts';
import { reportOf } from './report.ts';
import { shortcomings } from './requirements.ts';

async function main(asked: string | undefined): Promise<void> {
  const names = CORPUS_NAMES.filter((name) => asked === undefined || name === asked);
  if (names.length === 0)
    throw new Error(`Cannot replay corpus "${asked}": expected one of ${CORPUS_NAMES.join(', ')}`);
  const measurements = await Promise.all(names.map(measure));
  const report = reportOf(machine(), measurements);
  if (asked === undefined) await writeFile(new URL('./RESULTS.md', import.meta.url), report);
  console.log(report);
  for (const problem of shortcomings(measurements)) {
    console.error(`Not good enough: ${problem}`);
    process.exitCode = 1;
  }
}

function machine(): string {
  const [promtool = ''] = execFileSync('promtool', ['--version'], { encoding: 'utf8' }).match(/version [^ ]+/) ?? [];
  const cpus = availableParallelism();
  return `Machine: ${process.platform} ${process.arch}, ${cpus} CPUs, Node ${process.version}, promtool ${promtool}; times are simulated and do not depend on it.`;
}

await main(process.argv[2]);

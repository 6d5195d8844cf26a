/** Prints how good the alerts are and writes it to RESULTS.md; fails when what is required of ours does not hold. */
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { direct, others, ours } from './contenders.ts';
import { CORPUS } from './corpus.ts';
import { type Replay, replay } from './replay.ts';
import { reportOf, shortcomings } from './report.ts';

async function main(): Promise<void> {
  const replays: Replay[] = [];
  for (const trace of CORPUS) replays.push(await replay(trace));
  const contenders = [await ours(replays), direct(replays), ...(await others(replays))];
  const report = reportOf(machine(), contenders, replays);
  await writeFile(new URL('./RESULTS.md', import.meta.url), report);
  console.log(report);
  for (const problem of shortcomings(contenders, replays)) {
    console.error(`Not good enough: ${problem}`);
    process.exitCode = 1;
  }
}

function machine(): string {
  const [promtool = ''] = execFileSync('promtool', ['--version'], { encoding: 'utf8' }).match(/version [^ ]+/) ?? [];
  const cpus = availableParallelism();
  return `Machine: ${process.platform} ${process.arch}, ${cpus} CPUs, Node ${process.version}, promtool ${promtool}; times are simulated and do not depend on it.`;
}

await main();

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

/** Another process that rewrites files while the agent reads them, as fast as it can: a race that one thread cannot have. */

/** Truncates `path` and writes it again in two halves, again and again. */
const IN_PLACE = `
const { openSync, writeSync, closeSync } = require('node:fs');
const [path, text] = process.argv.slice(1);
const half = Math.floor(text.length / 2);
for (;;) {
  const file = openSync(path, 'w');
  writeSync(file, text.slice(0, half));
  writeSync(file, text.slice(half));
  closeSync(file);
}`;

/** Points `..data` of a folder at one of two others in turn, by a rename, as the kubelet does when a Secret changes. */
const SWAPS = `
const { symlinkSync, renameSync } = require('node:fs');
const [folder, times, ...generations] = process.argv.slice(1);
let left = Number(times);
const timer = setInterval(() => {
  if (left-- === 0) return clearInterval(timer);
  symlinkSync(generations[left % 2], folder + '/..data_tmp');
  renameSync(folder + '/..data_tmp', folder + '/..data');
}, 3);`;

export function rewriteInPlace(path: string, text: string): () => Promise<void> {
  const child = start(IN_PLACE, path, text);
  return async () => {
    child.kill('SIGKILL');
    await once(child, 'close');
  };
}

/** Resolves when all swaps are done; ends at the first of `generations`. */
export async function swapGenerations(folder: string, times: number, generations: readonly [string, string]) {
  const [code] = await once(start(SWAPS, folder, String(times), ...generations), 'close');
  if (code !== 0) throw new Error(`Cannot swap "${folder}/..data": exit ${String(code)}`);
}

function start(script: string, ...args: string[]): ChildProcess {
  const child = spawn(process.execPath, ['--eval', script, '--', ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

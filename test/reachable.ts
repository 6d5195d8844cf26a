import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** The program and what stays outside of its bundle. */
const PARTS = ['dist', 'node_modules/koffi', 'node_modules/@koromix'];

let copy: string | undefined;

afterAll(() => {
  if (copy !== undefined) rmSync(copy, { recursive: true });
});

/** A copy of the built program that any user may run: the checkout may lie in a folder that is root's alone. */
export function reachableProgram(): string {
  copy ??= copied();
  return join(copy, 'dist', 'conntrack-agent.js');
}

/** A script of the tests with all that it imports, beside the program, for any user to run. */
export function reachableScript(source: string): string {
  copy ??= copied();
  const outfile = join(copy, 'dist', basename(source).replace(/\.ts$/, '.mjs'));
  buildSync({ entryPoints: [source], outfile, bundle: true, platform: 'node', format: 'esm', external: ['koffi'] });
  return outfile;
}

function copied(): string {
  const folder = mkdtempSync(join(tmpdir(), 'conntrack-program-'));
  for (const part of PARTS) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  chmodSync(folder, 0o755);
  return folder;
}

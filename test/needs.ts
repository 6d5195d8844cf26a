/** What a test needs of the machine. Missing: skipped with the reason printed, but a failure where CI=true. */
import { existsSync } from 'node:fs';
import type { TestContext } from 'vitest';
import { newerProgramPath, programPath } from '../simulator/program-paths.ts';
import { kustomizeCommand } from './kustomize.ts';

/**
 * `root`, `nf_conntrack` (the kernel's table), `kustomize` (or a kubectl that is as good), or the name of a program; after `newer `
 * of one that `.ci/newer-programs` or `.ci/helm` unpacks.
 */
export type Need = 'root' | 'nf_conntrack' | (string & {});

const NEWER = 'newer ';

export function needs(context: TestContext, ...wanted: Need[]): void {
  const missing = wanted.filter((need) => !has(need));
  if (missing.length === 0) return;
  const isNewer = missing.some((need) => need.startsWith(NEWER));
  const reason = `needs ${missing.join(', ')}${isNewer ? ' (run .ci/newer-programs and .ci/helm)' : ''}`;
  if (process.env['CI'] === 'true') throw new Error(`Cannot run "${context.task.name}": ${reason}`);
  process.stdout.write(`skipped: ${context.task.name}: ${reason}\n`);
  context.skip(reason);
}

export function has(need: Need): boolean {
  if (need === 'root') return process.getuid?.() === 0;
  if (need === 'nf_conntrack') return existsSync('/proc/sys/net/netfilter/nf_conntrack_count');
  if (need === 'kustomize') return kustomizeCommand() !== undefined;
  if (need.startsWith(NEWER)) return newerProgramPath(need.slice(NEWER.length)) !== undefined;
  return programPath(need) !== undefined;
}

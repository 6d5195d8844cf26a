/** What a test needs of the machine. Missing: skipped with the reason printed, but a failure where CI=true. */
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'vitest';

/** `root`, `nf_conntrack` (the kernel's table), or the name of a program. */
export type Need = 'root' | 'nf_conntrack' | (string & {});

export function needs(context: TestContext, ...wanted: Need[]): void {
  const missing = wanted.filter((need) => !has(need));
  if (missing.length === 0) return;
  const reason = `needs ${missing.join(', ')}`;
  if (process.env['CI'] === 'true') throw new Error(`Cannot run "${context.task.name}": ${reason}`);
  process.stdout.write(`skipped: ${context.task.name}: ${reason}\n`);
  context.skip(reason);
}

export function has(need: Need): boolean {
  if (need === 'root') return process.getuid?.() === 0;
  if (need === 'nf_conntrack') return existsSync('/proc/sys/net/netfilter/nf_conntrack_count');
  return programPath(need) !== undefined;
}

/** Debian keeps nft, ip and conntrack in sbin, which a user's PATH may lack. */
function programPath(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

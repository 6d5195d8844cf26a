/** The machine's nf_conntrack_max, lowered for a while. It is one number for all network namespaces. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { lockMachine } from './lock.ts';

export const LIMIT_FILE = '/proc/sys/net/netfilter/nf_conntrack_max';

/** In /run because a reboot sets the limit back and must forget this as well. */
export const SAVED_FILE = '/run/conntrack-agent-kernel-test.limit';

type Lowered = { readonly limit: number; users: number; readonly restore: Promise<() => Promise<void>> };

let lowered: Lowered | undefined;

/**
 * Runs the action with another limit and restores the machine's own, three times over: here, in a guard process that acts
 * when this one is gone (killed or not), and from a saved file at the next call when both were killed together. Tests that run
 * at the same time in one process share the limit, which is restored after the last of them.
 */
export async function withLimit<T>(limit: number, action: () => Promise<T>): Promise<T> {
  if (lowered !== undefined && lowered.limit !== limit) {
    throw new Error(`Cannot set "${LIMIT_FILE}" to ${limit}: this process has set it to ${lowered.limit}`);
  }
  lowered ??= { limit, users: 0, restore: lower(limit) };
  const mine = lowered;
  mine.users += 1;
  try {
    await mine.restore;
    return await action();
  } finally {
    mine.users -= 1;
    if (mine.users === 0) {
      lowered = undefined;
      await (await mine.restore)();
    }
  }
}

/** Sets the limit; what it resolves to sets the machine's own again. */
async function lower(limit: number): Promise<() => Promise<void>> {
  const release = await lockMachine();
  const original = restoreSaved() ?? readLimit();
  writeFileSync(SAVED_FILE, String(original));
  const guard = startGuard(original);
  writeFileSync(LIMIT_FILE, String(limit));
  return async () => {
    writeFileSync(LIMIT_FILE, String(original));
    await guard.dismiss();
    rmSync(SAVED_FILE, { force: true });
    await release();
  };
}

export function readLimit(): number {
  return Number(readFileSync(LIMIT_FILE, 'utf8'));
}

/** What a run that was killed left behind; the lock is ours, so nobody is using it. */
function restoreSaved(): number | undefined {
  if (!existsSync(SAVED_FILE)) return undefined;
  const original = Number(readFileSync(SAVED_FILE, 'utf8'));
  if (!Number.isInteger(original) || original <= 0) return undefined;
  writeFileSync(LIMIT_FILE, String(original));
  return original;
}

/** A shell in its own session, out of reach of Ctrl-C, that restores the limit when the pipe to it closes. */
function startGuard(original: number): { dismiss(): Promise<void> } {
  const script = `read answer; [ "$answer" = dismissed ] || { echo ${original} > ${LIMIT_FILE}; rm -f ${SAVED_FILE}; }`;
  const guard = spawn('sh', ['-c', script], { stdio: ['pipe', 'ignore', 'inherit'], detached: true });
  const exited = new Promise((resolve) => guard.once('exit', resolve));
  return {
    async dismiss() {
      guard.stdin.end('dismissed\n');
      await exited;
    },
  };
}

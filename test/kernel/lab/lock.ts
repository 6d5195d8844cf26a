/** One kernel test at a time on this machine: they share its nf_conntrack_max and its processors. */
import { Child } from '../../../simulator/child.ts';

export const LOCK_FILE = '/run/conntrack-agent-kernel-test.lock';
const WAIT_SECONDS = 600;

export type Release = () => Promise<void>;

let holder: Promise<Child> | undefined;
let holds = 0;

/**
 * Waits for the machine. Held as often as asked for within this process, released with the last one.
 * flock(2) lives in a helper that ends when our end of its stdin does, so a killed test leaves no stale lock.
 */
export async function lockMachine(): Promise<Release> {
  holds++;
  holder ??= startHolder();
  try {
    await holder;
  } catch (cause) {
    holds--;
    holder = undefined;
    throw cause;
  }
  let released = false;
  return async () => {
    if (released) return;
    released = true;
    if (--holds > 0) return;
    const last = await holder;
    holder = undefined;
    last?.closeInput();
    await last?.exited;
  };
}

async function startHolder(): Promise<Child> {
  const waiting = ['--wait', String(WAIT_SECONDS), '--no-fork', LOCK_FILE];
  const child = new Child('flock', [...waiting, 'sh', '-c', 'echo held; exec cat']);
  await child.waitFor(/^held$/m, { timeoutMs: (WAIT_SECONDS + 5) * 1_000 });
  return child;
}

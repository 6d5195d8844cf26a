import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeLoad } from '../analysis/flow-sample/skip-reasons.ts';
import { readMemory } from '../host/memory.ts';
import type { Log } from '../model/log.ts';
import { describeError } from '../model/operator-error.ts';

const PROBE_MS = 10;

/** How strained this node is at the moment: how late a timer comes, and what memory is left. */
export async function strainOf(clock: () => number, log: Log): Promise<NodeLoad> {
  const dueMs = clock() + PROBE_MS;
  await sleep(PROBE_MS);
  const loopLagMs = Math.max(0, clock() - dueMs);
  return { loopLagMs, memoryAvailable: await memoryAvailable(log) };
}

async function memoryAvailable(log: Log): Promise<number | undefined> {
  try {
    const { availableBytes, totalBytes } = await readMemory();
    return availableBytes / totalBytes;
  } catch (error) {
    log.debug({ error }, `the flow sample goes on without a look at the memory: ${describeError(error).message}`);
    return undefined;
  }
}

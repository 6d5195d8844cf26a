import { OperatorError } from '../model/operator-error.ts';

/** Bytes. `availableBytes` is what could be had without swapping. */
export type Memory = { readonly totalBytes: number; readonly availableBytes: number };

/** The machine's memory (/proc/meminfo by way of systeminformation, whose `mem` reads files and starts no process). */
export async function readMemory(): Promise<Memory> {
  const { default: systemMemory } = await import('systeminformation/lib/memory.js');
  const { total, available } = await systemMemory.mem();
  if (!(total > 0)) {
    throw new OperatorError('Cannot read the size of the memory from "/proc/meminfo": it names no total', {
      remedy: 'Check that /proc is mounted; sizing advice stays out until then',
    });
  }
  return { totalBytes: total, availableBytes: available };
}

import type { Memory } from './memory.ts';
import type { ProcTree } from './proc-tree.ts';

const KIB = 1024;

/**
 * Memory of the node whose procfs this is, be it a copy, where systeminformation would tell this machine's. Undefined
 * without `meminfo`, and before Linux 3.14, which has no MemAvailable.
 */
export function readMeminfo(proc: ProcTree): Memory | undefined {
  const text = proc.read('meminfo') ?? '';
  const bytesOf = (name: string) => {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text);
    return match === null ? undefined : Number(match[1]) * KIB;
  };
  const [totalBytes, availableBytes] = [bytesOf('MemTotal'), bytesOf('MemAvailable')];
  return totalBytes === undefined || availableBytes === undefined ? undefined : { totalBytes, availableBytes };
}

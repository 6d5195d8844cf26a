import { readdirSync, statSync } from 'node:fs';

const OWN_DESCRIPTORS = '/proc/self/fd';

/** What this process uses, in base units. */
export type ProcessUsage = {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** Seconds since the epoch. */
  readonly startTimeSeconds: number;
  readonly openDescriptors: number | undefined;
};

/** From getrusage(2), /proc/self/statm and /proc/self/fd. */
export function readProcessUsage(): ProcessUsage {
  const { user, system } = process.cpuUsage();
  return {
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    startTimeSeconds: performance.timeOrigin / 1000,
    openDescriptors: countDescriptors(),
  };
}

/** Undefined where /proc is hidden from us, as a hardened unit may do. */
function countDescriptors(): number | undefined {
  try {
    // The folder's size is the number of its entries since Linux 6.2 (proc_fd_getattr), 0 before.
    return statSync(OWN_DESCRIPTORS).size || readdirSync(OWN_DESCRIPTORS).length - 1;
  } catch {
    return undefined;
  }
}

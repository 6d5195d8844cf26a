import { readdirSync, statSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import type { ProcessUsage } from '../../model/reading.ts';
import { BYTES_MAX, readRegularFile } from '../../system/regular-file.ts';

const OWN_DESCRIPTORS = '/proc/self/fd';
const OWN_LIMITS = '/proc/self/limits';
const LIMITS_KEPT_MS = 60_000;
/** A reading takes a seventh of a scrape's time, and scrapers that come together need one. */
const USAGE_KEPT_MS = 1000;

/**
 * From getrusage(2), /proc/self/stat, /proc/self/fd and /proc/self/limits, read once a second at most. Some of them take a
 * descriptor: a process that has none left is to be seen, so the highest number of them is remembered, and the rest goes on
 * without what is missing.
 */
export function processUsageReader(clock = () => performance.now()): () => ProcessUsage {
  const heapLimitBytes = getHeapStatistics().heap_size_limit;
  let maxDescriptors = readMaxDescriptors();
  let limitsAtMs = clock();
  let last: { readonly usage: ProcessUsage; readonly atMs: number } | undefined;
  return function processUsage() {
    const nowMs = clock();
    if (last !== undefined && nowMs - last.atMs < USAGE_KEPT_MS) return last.usage;
    if (nowMs - limitsAtMs >= LIMITS_KEPT_MS) {
      maxDescriptors = readMaxDescriptors() ?? maxDescriptors; // prlimit(1) may change it while the process runs.
      limitsAtMs = nowMs;
    }
    last = { usage: read(), atMs: nowMs };
    return last.usage;
  };

  function read(): ProcessUsage {
    const { user, system } = process.cpuUsage();
    return {
      cpuSeconds: (user + system) / 1e6,
      residentBytes: orNothing(() => process.memoryUsage.rss()),
      heapLimitBytes,
      startTimeSeconds: performance.timeOrigin / 1000,
      openDescriptors: orNothing(countDescriptors),
      maxDescriptors,
    };
  }
}

/** The folder's size is the number of its entries since Linux 6.2 (proc_fd_getattr), 0 before. */
function countDescriptors(): number {
  return statSync(OWN_DESCRIPTORS).size || readdirSync(OWN_DESCRIPTORS).length - 1;
}

function readMaxDescriptors(): number | undefined {
  const text = orNothing(() => readRegularFile(OWN_LIMITS, BYTES_MAX.procfs).toString('latin1'));
  return text === undefined ? undefined : parseMaxDescriptors(text);
}

/** The soft limit out of /proc/PID/limits (fs/proc/base.c, proc_pid_limits); undefined where there is none. */
export function parseMaxDescriptors(limits: string): number | undefined {
  const soft = /^Max open files +(\d+) /m.exec(limits)?.[1];
  return soft === undefined ? undefined : Number(soft);
}

/** Undefined where /proc is hidden from us, as a hardened unit may do, or no descriptor is left to read it with. */
function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

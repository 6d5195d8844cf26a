import { performance } from 'node:perf_hooks';

/** Monotonic: stands still while the machine sleeps and does not follow a stepped clock. */
export function monotonicClock(): number {
  return performance.now();
}

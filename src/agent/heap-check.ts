import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { LEAST_HEAP_MIB } from '../config/v8-flags.ts';
import { OperatorError } from '../model/operator-error.ts';

/** Of the limit, which V8 tells with the young generation: 3 MiB by our flags. What is used includes garbage, so a garbage collection decides whether it is needed. */
const NEARLY_FULL = 0.8;
const MIB = 1024 * 1024;
const REMEDY = "Start it with a higher --max-old-space-size, an option of Node's; if it was enough before, report it";

/**
 * To be called before the rest of the agent is loaded.
 * @throws OperatorError where the heap is too small for that
 */
export function expectHeap(): void {
  const limit = getHeapStatistics().heap_size_limit / MIB;
  if (limit >= LEAST_HEAP_MIB) return;
  throw new OperatorError(
    `Cannot start in a heap of at most ${Math.round(limit)} MiB: expected ${LEAST_HEAP_MIB} or more`,
    { remedy: REMEDY },
  );
}

/**
 * To be called every second. Ends the agent with a message and its usual exit code before its heap is full: V8 itself would
 * abort the process with pages of addresses, and without a limit the kernel would kill it without a word.
 * @throws OperatorError when most of the heap is in use
 */
export function checkHeap(): void {
  if (usedShare() < NEARLY_FULL) return;
  collectGarbage();
  if (usedShare() < NEARLY_FULL) return;
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  throw new OperatorError(
    `Cannot go on: ${Math.round(used / MIB)} MiB are in use of a heap of at most ${Math.round(limit / MIB)} MiB`,
    { remedy: REMEDY },
  );
}

function usedShare(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return used / limit;
}

/** V8 shows its function to contexts made while this flag is set. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  collect();
}

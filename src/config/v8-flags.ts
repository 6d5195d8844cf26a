/**
 * MiB that the heap of the agent may grow to: twice the 17 that it holds on Node 24 with a full table, a flow sample every five
 * seconds, 50 scrapes a second over eight TLS connections and two streams (`npm run soak`). In 16 it ended by running out of it.
 */
const HEAP_LIMIT_MIB = 32;

/** With less than this, the young generation included, it could not even load. */
export const LEAST_HEAP_MIB = 12;

/** Node's program and what else is in memory, seen on Node 24: 90 MB in all with 15 MiB of heap. */
const BESIDE_HEAP_MIB = 72;

/** Most that a flood of requests takes beside, see test/web/server/flood.test.ts. */
const FLOOD_MIB = 40;

/** A container with a lower limit would be killed by the kernel, in the very flood that the agent is to report. */
export const LEAST_CONTAINER_MIB = HEAP_LIMIT_MIB + BESIDE_HEAP_MIB + FLOOD_MIB;

/**
 * How Node is started for the agent, wherever that is: `npm run daemonset` writes it into Dockerfile, systemd unit, package.json
 * and the first line of src/main.ts. The young generation is small, since there is little garbage: the default takes 16 MB. Code
 * is optimised in the thread that runs it: in threads of its own V8 takes 20 MB more on Node 24, 2 MB on Node 20, and keeps them.
 */
export const NODE_FLAGS: readonly string[] = [
  `--max-old-space-size=${HEAP_LIMIT_MIB}`,
  '--max-semi-space-size=1',
  '--no-concurrent-recompilation',
];

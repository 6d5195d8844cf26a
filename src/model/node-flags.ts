/**
 * MiB that the heap of the agent may grow to. In 10 MiB it still does everything at once: complete flow samples of 200,000 flows,
 * network namespaces, history, 30 status pages. It runs in 69 MB of memory then, so a container's limit of twice that never ends it.
 */
export const HEAP_LIMIT_MIB = 16;

/** With less than this, the young generation included, it could not even load. */
export const LEAST_HEAP_MIB = 12;

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

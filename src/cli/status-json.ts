import type { Memory } from '../host/memory.ts';
import type { NetnsVerdict } from '../host/netns.ts';
import type { Reading } from '../host/reading.ts';
import { tableBytes } from '../judge/sizing.ts';
import type { Status } from '../judge/table-judge.ts';
import type { BuildInfo } from '../metrics/exposition.ts';
import { describeError } from '../operator-error.ts';

export type StatusParts = {
  readonly node: string;
  readonly build: BuildInfo;
  readonly wallMs: number;
  readonly reading: Reading;
  readonly status: Status;
  readonly netns: NetnsVerdict | undefined;
  readonly memory: Memory | undefined;
};

/**
 * The answer of /api/v1/status. What is not known is left out; `secondsUntilFull` is null when the table is not filling,
 * JSON having no infinity.
 */
export function statusJson({ node, build, wallMs, reading, status, netns, memory }: StatusParts): unknown {
  const { usage, peak, growthPerSecond, isRefusing, tableFullDrops } = status;
  const seconds = status.secondsUntilFull;
  return {
    node,
    at: new Date(wallMs).toISOString(),
    agent: { version: build.version, revision: build.revision },
    table: {
      entries: reading.entries,
      limit: reading.limit,
      buckets: reading.buckets,
      usage,
      peak,
      growthPerSecond,
      secondsUntilFull: seconds === Number.POSITIVE_INFINITY ? null : seconds,
      isRefusing,
    },
    losses: { tableFullDrops, counters: status.counters && Object.fromEntries(status.counters) },
    timeouts: reading.timeouts,
    alarms: status.alarms && [...status.alarms].flatMap(([name, { isRaised }]) => (isRaised ? [name] : [])),
    memory: memory && memoryJson(reading, memory),
    netns,
    sources: reading.sources.map(({ problem, ...source }) => ({
      ...source,
      problem: problem && describeError(problem),
    })),
  };
}

/** Bytes; the two of the table are estimates. */
function memoryJson({ entries, limit, buckets }: Reading, memory: Memory): unknown {
  const bytesOf = (count?: number) => (count === undefined ? undefined : tableBytes(count, buckets ?? 0));
  return { ...memory, tableBytes: bytesOf(entries), fullTableBytes: bytesOf(limit) };
}

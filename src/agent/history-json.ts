import type { History } from '../analysis/history.ts';
import type { HistoryJson } from '../model/status-json.ts';

export type HistoryParts = {
  readonly node: string;
  readonly history: History;
  readonly seconds: number;
  readonly nowMs: number;
  readonly wallMs: number;
};

/** The answer of /api/v1/history. */
export function historyJson({ node, history, seconds, nowMs, wallMs }: HistoryParts): HistoryJson {
  const { endSecond, columns } = history.last(seconds, nowMs);
  const { entries, limit, peak, table_full: dropped } = columns;
  const at = new Date(wallMs).toISOString();
  return {
    version: 1,
    node,
    at,
    resolutionSeconds: 1,
    endSecond,
    entries: orNull(entries),
    limit: orNull(limit),
    peak: orNull(peak),
    dropped: orNull(dropped),
  };
}

function orNull(values: Float64Array): (number | null)[] {
  return Array.from(values, (value) => (Number.isNaN(value) ? null : value));
}

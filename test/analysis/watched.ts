/** Samples and statuses as the agent would add them to a history. */

import type { Status } from '../../src/model/status.ts';
import { type CounterValues, counterRow } from '../counter-row.ts';
import { HEALTHY } from '../model/inputs.ts';

export const sample = (second: number, entries?: number, limit: number | undefined = 100) => ({
  atMs: second * 1000,
  entries,
  limit,
});

export const status = (second: number, tableFullDrops?: number, counters?: CounterValues): Status => ({
  atMs: second * 1000,
  entries: 1,
  limit: 100,
  usage: 0.01,
  peak: 1,
  growthPerSecond: 0,
  secondsUntilFull: Number.POSITIVE_INFINITY,
  counters: counters && counterRow(counters),
  tableFullDrops,
  dropsByCause:
    tableFullDrops === undefined ? undefined : { table_full: tableFullDrops, tracker: 8, memory: 9, unknown: 10 },
  insertFailures:
    counters?.insert_failed === undefined ? undefined : { race: 3, snat_ports: 4, nat_without_ports: 7, unknown: 5 },
  isDropping: false,
  kubeProxyLimit: undefined,
  cloud: undefined,
  inputs: HEALTHY,
  alarms: new Map(),
});

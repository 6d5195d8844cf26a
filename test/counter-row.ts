import type { CounterName, CpuRow } from '../src/model/reading.ts';

export type CounterValues = Readonly<Partial<Record<CounterName, number>>>;

/** Counters as a reading has them. */
export function counterRow(values: CounterValues): CpuRow {
  return new Map(Object.entries(values) as [CounterName, number][]);
}

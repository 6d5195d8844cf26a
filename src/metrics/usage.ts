import { Histogram, type Registry } from 'prom-client';
import type { Family } from './family.ts';

export const USAGE = {
  name: 'conntrack_usage_ratio',
  type: 'histogram',
  help: 'Entries as a share of the limit, at every sample',
} as const satisfies Family;

const BUCKETS = [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98, 1];

/** The result takes the usage of one sample. Until the first there is no series: no sample is not "never used". */
export function registerUsage(registry: Registry): (usage: number) => void {
  const { name, help } = USAGE;
  let histogram: Histogram | undefined;
  return function observe(usage) {
    histogram ??= new Histogram({ name, help, buckets: BUCKETS, registers: [registry] });
    histogram.observe(usage);
  };
}

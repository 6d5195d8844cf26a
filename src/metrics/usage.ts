import type { Family } from './family.ts';

export const USAGE = {
  name: 'conntrack_usage_ratio',
  type: 'histogram',
  help: 'Entries as a share of the limit, at every sample',
  buckets: [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98, 1],
} as const satisfies Family & { readonly buckets: readonly number[] };

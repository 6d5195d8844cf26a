import { TableJudge } from '../../src/analysis/table/table-judge.ts';
import { FAMILIES } from '../../src/metrics/exposition.ts';
import type { Publication, Series } from '../../src/metrics/family.ts';
import { DEFAULT_THRESHOLDS } from '../../src/model/alarms/thresholds.ts';

/** A publication of an agent that knows nothing yet, with the given members. */
export function publicationWith(given: Partial<Publication> = {}): Publication {
  return {
    build: { version: '1.2.3', revision: 'abc1234', nodeVersion: 'v20.20.0' },
    thresholds: DEFAULT_THRESHOLDS,
    reading: {
      atMs: 0,
      entries: undefined,
      limit: undefined,
      buckets: undefined,
      timeouts: [],
      counters: undefined,
      sources: [],
    },
    status: new TableJudge({ peakWindowMs: 60_000 }).statusAt(0),
    usage: undefined,
    agent: { inHostNetns: true, samples: 1, sampleLagSeconds: 0 },
    process: {
      cpuSeconds: 0.5,
      residentBytes: 5e7,
      heapLimitBytes: 50_331_648,
      startTimeSeconds: 1.7e9,
      openDescriptors: 20,
      maxDescriptors: 1024,
    },
    ...given,
  };
}

/** The series of one family. */
export function seriesOf(name: string, given: Partial<Publication>): readonly Series[] {
  const family = FAMILIES.find((row) => row.name === name);
  if (family === undefined) throw new Error(`Cannot find the family "${name}"`);
  return family.series(publicationWith(given));
}

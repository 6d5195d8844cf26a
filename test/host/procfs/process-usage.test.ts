import { getHeapStatistics } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { parseMaxDescriptors, processUsageReader } from '../../../src/host/procfs/process-usage.ts';

describe('processUsageReader()', () => {
  it('reads what this process uses and may use', () => {
    const usage = processUsageReader()();
    expect(usage.cpuSeconds).toBeGreaterThan(0);
    expect(usage.residentBytes).toBeGreaterThan(10e6);
    expect(usage.openDescriptors).toBeGreaterThan(3);
    expect(usage.heapLimitBytes).toBe(getHeapStatistics().heap_size_limit);
    expect(usage.maxDescriptors).toBeGreaterThanOrEqual(usage.openDescriptors!);
  });

  it('reads it once a second at most', () => {
    let nowMs = 0;
    const usageNow = processUsageReader(() => nowMs);
    const first = usageNow();
    nowMs = 999;
    expect(usageNow()).toBe(first);
    nowMs = 1000;
    expect(usageNow()).not.toBe(first);
    expect(usageNow().cpuSeconds).toBeGreaterThanOrEqual(first.cpuSeconds);
  });
});

describe('parseMaxDescriptors()', () => {
  const HEADER = 'Limit                     Soft Limit           Hard Limit           Units     \n';

  it.each<[string, string, number | undefined]>([
    ['the soft limit', 'Max open files            1024                 524288               files     \n', 1024],
    [
      'nothing where there is no limit',
      'Max open files            unlimited            unlimited            files     \n',
      undefined,
    ],
    [
      'nothing where the line is missing',
      'Max locked memory         8388608              8388608              bytes     \n',
      undefined,
    ],
  ])('tells %s', (_what, line, limit) => {
    expect(parseMaxDescriptors(HEADER + line)).toBe(limit);
  });
});

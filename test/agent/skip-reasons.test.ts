import { describe, expect, it } from 'vitest';
import { SkipReasons } from '../../src/agent/flow-sample-runner.ts';

const HEALTHY = { loopLagMs: 1, memoryAvailable: 0.5 };

describe('skipping a flow sample', () => {
  it('begins one flow sample at a time and counts the others', () => {
    const skips = new SkipReasons();
    expect(skips.begin(HEALTHY)).toBeUndefined();
    expect(skips.begin(HEALTHY)).toBe('running');
    skips.end();
    expect(skips.begin(HEALTHY)).toBeUndefined();
    expect(Object.fromEntries(skips.skipped)).toEqual({ running: 1, late: 0, memory: 0 });
  });

  it('skips while the loop is late or memory is short, and begins again afterwards', () => {
    const skips = new SkipReasons();
    expect(skips.begin({ ...HEALTHY, loopLagMs: 500 })).toBe('late');
    expect(skips.begin({ ...HEALTHY, memoryAvailable: 0.01 })).toBe('memory');
    expect(skips.begin({ ...HEALTHY, memoryAvailable: undefined })).toBeUndefined();
    expect(Object.fromEntries(skips.skipped)).toEqual({ running: 0, late: 1, memory: 1 });
  });
});

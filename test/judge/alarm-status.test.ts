import { describe, expect, it } from 'vitest';
import { TableJudge } from '../../src/judge/table-judge.ts';

describe('the status of an alarm', () => {
  it('tells evidence that stands from the calm after it', () => {
    const judge = new TableJudge({ peakWindowMs: 60_000 });
    const saturatedAt = (atMs: number, entries: number) => {
      judge.addSample({ atMs, entries, limit: 100 });
      return judge.statusAt(atMs).alarms?.get('saturated');
    };
    expect(saturatedAt(1000, 100)).toEqual({ isRaised: true, sinceMs: 1000 });
    expect(saturatedAt(2000, 10)).toEqual({ isRaised: true, sinceMs: 1000, isCalming: true });
    expect(saturatedAt(3000, 100)).toEqual({ isRaised: true, sinceMs: 1000 });
    expect(saturatedAt(4000, 10)).toEqual({ isRaised: true, sinceMs: 1000, isCalming: true });
    expect(saturatedAt(4000 + 600_000, 10)).toEqual({ isRaised: false });
  });
});

import { describe, expect, it } from 'vitest';
import type { Status } from '../../src/judge/table-judge.ts';
import { ALERT_KINDS } from '../../src/pager/alert-kinds.ts';
import { annotate } from '../../src/pager/annotations.ts';
import { fullTable } from './paging.ts';

const descriptionOf = (status: Partial<Status>) =>
  annotate(ALERT_KINDS.saturated, 'node-1', { ...fullTable(), ...status }).description;

describe('annotate()', () => {
  it('names the node in the summary, and the runbook', () => {
    expect(annotate(ALERT_KINDS.saturated, 'node-1', fullTable())).toMatchObject({
      summary: 'Node node-1 drops new connections: its connection tracking table is full',
      runbook_url: expect.stringMatching(/\/docs\/runbooks\/ConntrackTableFull\.md$/),
    });
  });

  it('tells fill, peak, losses, growth and time to full', () => {
    expect(descriptionOf({})).toBe(
      '261,120 of 262,144 entries (99.6 %), peak 262,144. Packets are being dropped for want of room. Growth +1,240 entries per second, full now.',
    );
  });

  it.each<[string, Partial<Status>, string]>([
    [
      'never shows infinity as a number',
      { secondsUntilFull: Infinity, growthPerSecond: 0 },
      'Growth +0 entries per second, not filling.',
    ],
    [
      'shows a table that empties',
      { secondsUntilFull: Infinity, growthPerSecond: -1500.4 },
      'Growth -1,500 entries per second, not filling.',
    ],
    [
      'shows a slow leak',
      { secondsUntilFull: 45.2, growthPerSecond: 0.3 },
      'Growth +0.3 entries per second, full in 45 s.',
    ],
    ['shows minutes', { secondsUntilFull: 200 }, 'full in 3 min 20 s.'],
    ['shows hours', { secondsUntilFull: 7500 }, 'full in 2 h 5 min.'],
    ['shows days', { secondsUntilFull: 400_000 }, 'full in 4 days.'],
    ['does not round the last second away', { secondsUntilFull: 0.2 }, 'full in 1 s.'],
    [
      'does not call it full before it is',
      { entries: 9997, limit: 10_000, usage: 0.9997 },
      '9,997 of 10,000 entries (99.9 %)',
    ],
    ['shows a count above the limit', { entries: 12, limit: 10, usage: 1.2 }, '12 of 10 entries (120 %)'],
    ['says when the time is not known', { secondsUntilFull: undefined }, 'time to full unknown.'],
  ])('%s', (_sentence, status, expected) => {
    expect(descriptionOf(status)).toContain(expected);
  });

  it('leaves out what is not known', () => {
    const unknown = { entries: undefined, peak: undefined, growthPerSecond: undefined, isRefusing: false };
    expect(descriptionOf(unknown)).toBe('');
    expect(descriptionOf({ ...unknown, entries: 1, limit: 4, usage: 0.25 })).toBe('1 of 4 entries (25 %).');
  });

  it('names the culprits where a census tells', () => {
    const culprits = {
      sources: [
        { address: '10.0.0.7', share: 0.812 },
        { address: 'fd00::1', share: 0.05 },
      ],
      destinations: [],
    };
    const { description } = annotate(ALERT_KINDS.saturated, 'node-1', fullTable(), culprits);
    expect(description).toMatch(/\. Top sources: 10\.0\.0\.7 \(81\.2 %\), fd00::1 \(5 %\)\.$/);
  });
});

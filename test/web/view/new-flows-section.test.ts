import { describe, expect, it } from 'vitest';
import type { Level } from '../../../src/model/flows.ts';
import type { NewFlowsJson, StatusJson } from '../../../src/model/status-json.ts';
import { newFlowsSection } from '../../../src/web/view/new-flows-section.ts';
import { htmlOf } from '../../../src/web/view/tag.ts';
import { timeoutsSection } from '../../../src/web/view/top-flows-section.ts';
import { STATUS } from '../sample-status.ts';

const NOW = { link: 'static', ageSeconds: 0 } as const;
const LEVEL: Level = {
  ...{ perSecond: 4100, meanResidenceSeconds: 30, expected: 123_000 },
  ...{ shortLived: 120_000, longLived: 5000, conclusion: 'agrees' },
};
const COUNTED: NewFlowsJson = {
  ...{ state: 'counted', ageSeconds: 4, windowSeconds: 0.5, lost: 0, perSecond: 4100, low: 3925, high: 4281 },
  sources: [{ address: '10.42.3.17', perSecond: 2501, share: 0.61, low: 0.58, high: 0.64 }],
  destinations: [],
  level: LEVEL,
};

function htmlWith(newFlows: NewFlowsJson): string | undefined {
  const section = newFlowsSection({ ...STATUS, newFlows }, NOW);
  return section && htmlOf(section);
}

describe('newFlowsSection()', () => {
  it('shows the rate, who opens, and that it explains the level', () => {
    const html = htmlWith(COUNTED)!;
    expect(html).toContain('4,100 a second (3,925 to 4,281 by chance), heard for 0.5 s');
    expect(html).toContain(
      '4,100 a second that stay 30 s each make 123,000 entries, and 120,000 are there; 5,000 more are open connections',
    );
    expect(html).toContain('explain the level');
    expect(html).toContain('61 %');
  });

  it.each([
    ['more_entries', 'do not explain the others'],
    ['fewer_entries', 'Entries are missing'],
  ] as const)('says which is missing: %s', (conclusion, words) => {
    expect(htmlWith({ ...COUNTED, level: { ...LEVEL, conclusion } } as NewFlowsJson)).toContain(words);
  });

  it('does not foretell that a table will fill that the headline says is not filling', () => {
    const newFlows = { ...COUNTED, level: { ...LEVEL, conclusion: 'fewer_entries' } } as NewFlowsJson;
    const textAt = (secondsUntilFull: number | null) =>
      htmlOf(newFlowsSection({ ...STATUS, newFlows, table: { ...STATUS.table, secondsUntilFull } }, NOW)!);
    expect(textAt(null)).not.toContain('will fill further');
    expect(textAt(600)).toContain('will fill further');
  });

  it('says why there is no rate, and is not there where none is counted', () => {
    const problem = { message: 'Cannot count new flows: nf_conntrack_events is 0', remedy: 'sysctl' };
    expect(htmlWith({ state: 'waiting', problem })).toContain('nf_conntrack_events is 0. sysctl');
    expect(htmlWith({ state: 'off' })).toBeUndefined();
  });
});

describe('timeoutsSection()', () => {
  const taken = { state: 'taken', ageSeconds: 12, read: 3, isComplete: false, sources: [], destinations: [] } as const;
  const timeout = {
    timeout: 'udp_timeout',
    seconds: 30,
    shorterSeconds: 10,
    flows: 6100,
    share: 0.61,
    low: 0.6,
    high: 0.62,
  };
  const htmlOfTimeouts = (flowSample: StatusJson['flowSample']) => {
    const section = timeoutsSection({ ...STATUS, flowSample }, NOW);
    return section && htmlOf(section);
  };

  it('shows what each would free, how long its entries have been idle, and that old timers stay', () => {
    const longestIdle = { destination: '10.96.0.10:53/udp', seconds: 29 };
    const html = htmlOfTimeouts({ ...taken, timeouts: [{ ...timeout, longestIdle }] })!;
    expect(html).toContain('30 seconds to 10 seconds; idle for up to 29 seconds: 10.96.0.10:53/udp');
    expect(html).toContain('61 %');
    expect(html).toContain('±1.0');
    expect(html).toContain('Entries that stand keep the timer they have');
  });

  it('is not there without a flow sample, nor where none is worth it', () => {
    expect(htmlOfTimeouts({ ...taken, timeouts: [] })).toBeUndefined();
    expect(htmlOfTimeouts({ state: 'off', error: 'off' })).toBeUndefined();
  });
});

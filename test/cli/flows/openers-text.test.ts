import { describe, expect, it } from 'vitest';
import { openersJson, openersText } from '../../../src/cli/flows/flow-sample-text.ts';
import type { NewFlows } from '../../../src/model/flows.ts';

const INTERVAL = { share: 0.61, low: 0.58, high: 0.64, perSecond: 2501 };
const NEW_FLOWS: NewFlows = {
  ...{ windowSeconds: 0.5, heard: 2050, lost: 0, perSecond: 4100, low: 3925, high: 4281 },
  sources: { top: [{ family: 'ipv4', address: '10.42.3.17', ...INTERVAL }], otherPerSecond: 1599 },
  destinations: {
    top: [{ family: 'ipv6', address: 'fd00::a', port: 53, protocol: 'udp', ...INTERVAL, share: 1, low: 1, high: 1 }],
    otherPerSecond: 0,
  },
};

describe('openersText()', () => {
  it('shows how many flows are opened a second, and by whom', () => {
    expect(`\n${openersText({ node: 'node-1', newFlows: NEW_FLOWS }, 80)}\n`).toBe(`
node node-1: 4,100 new flows a second, 3,925 to 4,281 in 95 % of cases
2,050 flows within 0.50 s

Source      a second   share      ±
10.42.3.17     2,501  61.0 %  3.0 %  ██████████████████▎
all others     1,599  39.0 %         ███████████▊

Destination       a second    share
[fd00::a]:53/udp     2,501  100.0 %  ██████████████████████████████
`);
  });

  it('says how many flows the kernel had no room to tell of', () => {
    const text = openersText({ node: 'node-1', newFlows: { ...NEW_FLOWS, lost: 950 } }, 100);
    expect(text).toContain('3,000 flows within 0.50 s, of which the kernel had room to tell of 2,050');
  });
});

describe('openersJson()', () => {
  it('has all of it, with the time at which the window ended', () => {
    const json = openersJson({
      node: 'node-1',
      counted: { newFlows: NEW_FLOWS, endedMs: 5000 },
      wallMs: 10_000,
      nowMs: 7000,
    });
    expect(json).toMatchObject({ version: 1, node: 'node-1', at: '1970-01-01T00:00:08.000Z', perSecond: 4100 });
  });
});

import { describe, expect, it } from 'vitest';
import { type FlowSampleTextParts, flowSampleText } from '../../../src/cli/flows/flow-sample-text.ts';
import type { FlowSample } from '../../../src/model/flows.ts';
import {
  ASSURED,
  DST_NAT,
  type FlowOptions,
  flowSampleOf,
  SEEN_REPLY,
  ten,
} from '../../analysis/flows/counted-flows.ts';

const BOTH = SEEN_REPLY | ASSURED;

/** A pod that holds connections to a service, another that floods DNS, and some IPv6. */
function flows(): FlowOptions[] {
  const web = { protocol: 6, state: 3, status: BOTH | DST_NAT, destination: ten(96, 0, 20), port: 443 };
  return [
    ...Array.from({ length: 600 }, (_, i) => {
      return { source: ten(42, 3, 17), ...web, timeoutSeconds: i < 300 ? 86_400 : 1000 };
    }),
    ...Array.from({ length: 300 }, () => ({ source: ten(42, 3, 18) })),
    ...Array.from({ length: 90 }, (_, i) => ({ source: ten(42, 4, i) })),
    ...Array.from({ length: 10 }, () => ({
      source: [0xfd000000 | 0, 0, 0, 7],
      destination: [0xfd000000 | 0, 0, 0, 9],
    })),
  ];
}

function textOf(flowSample: FlowSample, parts: Partial<FlowSampleTextParts> = {}): string {
  const taken = { flowSample, limit: 4000, unlisted: 0, durationSeconds: 0.04, endedMs: 0 };
  return flowSampleText({ node: 'node-1', taken, width: 80, ...parts });
}

describe('flowSampleText()', () => {
  it('shows states, sources and destinations of a table that was read whole', () => {
    expect(`\n${textOf(flowSampleOf(flows()))}\n`).toBe(`
node node-1: 1,000 of 4,000 entries (25.0 %)
every flow was read, in 0.04 s
40.0 % unreplied, 40.0 % not assured, 60.0 % NATed, 30.0 % established TCP idle
for over an hour

State                 flows   share
tcp established         600  60.0 %  ██████████████████
udp unreplied           390  39.0 %  ███████████▊
udp unreplied (IPv6)     10   1.0 %  ▎

Source      flows   share
10.42.3.17    600  60.0 %  ██████████████████
10.42.3.18    300  30.0 %  █████████
fd00::7        10   1.0 %  ▎
10.42.4.0       1   0.1 %
10.42.4.1       1   0.1 %
10.42.4.2       1   0.1 %
10.42.4.3       1   0.1 %
10.42.4.4       1   0.1 %
85 others      85   8.5 %  ██▌

Destination         flows   share
10.96.0.20:443/tcp    600  60.0 %  ██████████████████
10.96.0.10:53/udp     390  39.0 %  ███████████▊
[fd00::9]:53/udp       10   1.0 %  ▎
`);
  });

  it('shows how far the shares of a sample may be off', () => {
    const text = textOf(flowSampleOf(flows(), { entries: 2000, top: 3 }), { by: 'source' });
    expect(`\n${text}\n`).toBe(`
node node-1: 2,000 of 4,000 entries (50.0 %)
a sample of 1,000 flows, read in 0.04 s
40.0 % unreplied, 40.0 % not assured, 60.0 % NATed, 30.0 % established TCP idle
for over an hour

Source      flows   share      ±
10.42.3.17  1,200  60.0 %  2.4 %  ██████████████████
10.42.3.18    600  30.0 %  2.3 %  █████████
fd00::7        20   1.0 %  1.1 %  ▎
90 others     180   9.0 %         ██▊
`);
  });

  it('shows the whole of the ranking that is asked for, and no other', () => {
    const text = textOf(flowSampleOf(flows(), { top: 50 }), { by: 'source' });
    expect(text.split('\n').filter((line) => line.startsWith('10.42.4.'))).toHaveLength(47);
    expect(text).not.toMatch(/^(State|Destination)/m);
  });

  it.each([40, 60, 100])('keeps within %i columns', (width) => {
    const long = { source: Array.from({ length: 4 }, (_, i) => 0x20010db8 + i), port: 65_535, protocol: 6, state: 3 };
    const far = { ...long, destination: [0x7fffffff, 0x7fffffff, 0x7fffffff, 0x7fffffff] };
    const lines = textOf(flowSampleOf([far, ...flows()]), { width }).split('\n');
    expect(lines.filter((line) => line.length > width)).toEqual([]);
  });

  it('tells of an empty table', () => {
    expect(textOf(flowSampleOf([]))).toContain('Source\n  none');
  });

  it.each([
    ['resized', 'the hash table was resized meanwhile, so flows may be missing or counted twice'],
    ['interrupted', 'the kernel says that flows are missing or listed twice'],
    ['short', 'the kernel listed far fewer flows than it counts'],
  ] as const)(
    'tells of entries that are never listed, and why not every flow was read: %s',
    (incompleteReason, text) => {
      const flowSample = { ...flowSampleOf(flows()), isComplete: false, incompleteReason };
      const said = flowSampleText({
        node: 'node-1',
        taken: { flowSample, limit: 4000, unlisted: 12, durationSeconds: 0.04, endedMs: 0 },
        width: 100,
      });
      expect(said).toContain('\n12 more entries are counted and never listed\n');
      expect(said).toContain(`\nnot complete: ${text}\n`);
      expect(said).not.toContain('every flow was read');
    },
  );
});

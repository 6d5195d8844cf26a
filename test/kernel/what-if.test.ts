import { describe, expect, it } from 'vitest';
import { needs } from '../needs.ts';
import { isWithinTwice } from './interval.ts';
import { labOfTest } from './lab/lab-of-test.ts';
import { whatIfRun } from './what-if-run.ts';

const NEEDS = ['root', 'conntrack', 'ip', 'nft'] as const;

/** How often the kernel's count is in the interval itself is counted in bench/what-if.ts, over 20 runs on four mixes of traffic. */
describe('conntrack-agent flows --what-if', () => {
  it('foretells how many entries there are once the kernel has the shorter timeouts', async (context) => {
    needs(context, ...NEEDS);
    const lab = await labOfTest();
    const run = await whatIfRun(lab, {
      // Few flows that live long: what a sender sends at once after it has waited for the CPU is little beside all entries.
      rates: { oneWay: 100, stream: 0, closed: 20, reset: 0, held: 20 },
      now: { udp_timeout: 12, tcp_timeout_time_wait: 12 },
      asked: { udp_timeout: 5, tcp_timeout_time_wait: 6 },
      residenceMs: 14_000,
    });
    const { before, predicted, after } = run;
    const { entries, low, high } = predicted;
    process.stdout.write(`${before} entries, ${entries} predicted (${low} to ${high}), ${after} by the kernel\n`);
    expect(before).toBeGreaterThan(1.5 * high);
    expect(isWithinTwice(predicted, after)).toBe(true);
  });
});

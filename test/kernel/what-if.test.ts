import { describe, expect, it } from 'vitest';
import { needs } from '../needs.ts';
import { labOfTest } from './lab/lab-of-test.ts';
import { isWithin, whatIfRun } from './what-if-run.ts';

const NEEDS = ['root', 'conntrack', 'ip', 'nft'] as const;

/** Twenty runs on four mixes of traffic are in bench/what-if.ts. */
describe('conntrack-agent flows --what-if', () => {
  it('foretells how many entries there are once the kernel has the shorter timeouts', async (context) => {
    needs(context, ...NEEDS);
    const lab = await labOfTest();
    const run = await whatIfRun(lab, {
      rates: { oneWay: 300, stream: 0, closed: 60, reset: 0, held: 50 },
      now: { udp_timeout: 5, tcp_timeout_time_wait: 6 },
      asked: { udp_timeout: 2, tcp_timeout_time_wait: 3 },
      residenceMs: 7500,
    });
    const { before, predicted, after } = run;
    const { entries, low, high } = predicted;
    process.stdout.write(`${before} entries, ${entries} predicted (${low} to ${high}), ${after} by the kernel\n`);
    expect(before).toBeGreaterThan(1.5 * high);
    expect(isWithin(run)).toBe(true);
  });
});

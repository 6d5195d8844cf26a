/** One prediction of `flows --what-if`, and what the kernel made of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FlowSample } from '../../src/model/flows.ts';
import { AGENT_PROGRAM } from './lab/agent.ts';
import { type ChurnRates, startChurn } from './lab/churn.ts';
import type { Lab } from './lab/namespaces.ts';

export type WhatIfRun = {
  /** Entries before, by `conntrack -C`. */
  readonly before: number;
  readonly predicted: { readonly entries: number; readonly low: number; readonly high: number };
  /** Entries after one residence time with the shorter timeouts, by `conntrack -C`. */
  readonly after: number;
  /** The same, before the dump that removes what has expired. */
  readonly afterWithExpired: number;
};

type Timeouts = Readonly<Record<string, number>>;

export type WhatIfParts = {
  readonly rates: ChurnRates;
  readonly now: Timeouts;
  readonly asked: Timeouts;
  readonly sampleSize?: number;
  /** As long as any entry of the traffic lives. */
  readonly residenceMs: number;
};

/** The same traffic goes on all the time. */
export async function whatIfRun(lab: Lab, parts: WhatIfParts): Promise<WhatIfRun> {
  const { rates, now, asked, sampleSize = 0, residenceMs } = parts;
  await setTimeouts(lab, now);
  await startChurn(lab, rates);
  await sleep(residenceMs);
  const flags = Object.entries(asked).map(([name, seconds]) => `${name}=${seconds}`);
  const args = ['flows', '--json', `--what-if=${flags.join(',')}`, `--flows.sample-size=${sampleSize}`];
  const { whatIf } = JSON.parse(await lab.exec('node', process.execPath, [AGENT_PROGRAM, ...args])) as FlowSample;
  const before = await unexpired(lab);
  await setTimeouts(lab, asked);
  await sleep(residenceMs);
  const afterWithExpired = Number(await lab.exec('node', 'conntrack', ['-C']));
  return { before, predicted: whatIf!.left!, after: await unexpired(lab), afterWithExpired };
}

async function setTimeouts(lab: Lab, timeouts: Timeouts): Promise<void> {
  for (const [name, seconds] of Object.entries(timeouts)) {
    await lab.writeSysctl('node', `net/netfilter/nf_conntrack_${name}`, seconds);
  }
}

/**
 * What has expired is counted until the kernel's garbage collector or a dump finds it (ctnetlink_dump_table); in one shell, so that
 * little expires between the dump and the count.
 */
async function unexpired(lab: Lab): Promise<number> {
  return Number(await lab.exec('node', 'sh', ['-c', 'conntrack -L >/dev/null 2>&1; conntrack -C']));
}

export function isWithin({ predicted: { low, high }, after }: WhatIfRun): boolean {
  return low <= after && after <= high;
}

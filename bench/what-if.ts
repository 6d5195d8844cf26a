/**
 * `node build.mjs && tsx bench/what-if.ts`, as root: twenty predictions of `flows --what-if` on known mixes of real traffic,
 * against the kernel's count after the timeouts were set and the traffic went on.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createLab, type Lab } from '../test/kernel/lab/namespaces.ts';
import { isWithin, type WhatIfParts, type WhatIfRun, whatIfRun } from '../test/kernel/what-if-run.ts';

const NOW = { udp_timeout: 8, udp_timeout_stream: 10, tcp_timeout_time_wait: 10, tcp_timeout_close: 8 };
const RESIDENCE_MS = 16_000;
const ROUNDS = Number(process.argv[2] ?? 5);

type Mix = Pick<WhatIfParts, 'rates' | 'asked' | 'sampleSize'>;

const MIXES: Readonly<Record<string, Mix>> = {
  'UDP nobody answers': {
    rates: { oneWay: 800, stream: 0, closed: 0, reset: 0, held: 50 },
    asked: { udp_timeout: 3 },
  },
  'short TCP connections': {
    rates: { oneWay: 20, stream: 0, closed: 150, reset: 20, held: 100 },
    asked: { tcp_timeout_time_wait: 4, tcp_timeout_close: 4 },
  },
  'UDP streams and others': {
    rates: { oneWay: 200, stream: 40, closed: 40, reset: 10, held: 100 },
    asked: { udp_timeout: 5, udp_timeout_stream: 4, tcp_timeout_time_wait: 6 },
  },
  'the first of them, from a sample': {
    rates: { oneWay: 800, stream: 0, closed: 20, reset: 0, held: 50 },
    asked: { udp_timeout: 4 },
    sampleSize: 2000,
  },
};

/** A listing removes the expired entries of all namespaces, so none is taken while another one is. */
const APART_MS = 1000;

async function runOf(lab: Lab, mix: Mix, nth: number): Promise<WhatIfRun> {
  try {
    await sleep(nth * APART_MS);
    return await whatIfRun(lab, { ...mix, now: NOW, residenceMs: RESIDENCE_MS });
  } finally {
    await lab.dispose();
  }
}

let within = 0;
let runs = 0;
console.log(
  '| traffic | entries | predicted | interval | kernel | expired besides | within |\n|---|---|---|---|---|---|---|',
);
for (let round = 0; round < ROUNDS; round += 1) {
  // One after the other, because each removes what a killed run has left behind.
  const labs: Lab[] = [];
  for (const _ of Object.keys(MIXES)) labs.push(await createLab());
  const outcomes = await Promise.all(
    Object.entries(MIXES).map(async ([name, mix], i) => ({ name, run: await runOf(labs[i]!, mix, i) })),
  );
  for (const { name, run } of outcomes) {
    const { before, predicted, after, afterWithExpired } = run;
    const isIn = isWithin(run);
    runs += 1;
    within += Number(isIn);
    const interval = `${predicted.low} to ${predicted.high}`;
    const expired = Math.max(0, afterWithExpired - after);
    console.log(
      `| ${name} | ${before} | ${predicted.entries} | ${interval} | ${after} | ${expired} | ${isIn ? 'yes' : 'no'} |`,
    );
  }
}
console.log(`\n${within} of ${runs} within the interval`);

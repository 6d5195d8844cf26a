import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { AlarmName } from '../../src/judge/alarm.ts';
import { ALARM_RULES } from '../../src/judge/alarm.ts';
import type { AlarmStatus, Status } from '../../src/judge/table-judge.ts';
import { Pager, type PagerParts } from '../../src/pager/pager.ts';
import type { Timings } from '../../src/pager/timings.ts';
import { collectedLog } from '../http/collected-log.ts';

/** Everything a hundred times as fast. */
export const FAST: Timings = {
  beatMs: 60,
  resendMs: 400,
  lifeMs: 30_000,
  keepClearedMs: 30_000,
  requestMs: 250,
  retryFirstMs: 20,
  retryMaxMs: 100,
  refusedMs: 400,
  lookupMs: 50,
};

/** What the pager says at the start; kept apart from its other lines. */
const GREETING = 'Alertmanager can be paged through';

const clock = () => performance.now();

/** A table that is full, with these alarms raised and the rest quiet. */
export function fullTable(...raised: AlarmName[]): Status {
  return tableWith({ isRaised: true, sinceMs: clock() - 1000 }, raised);
}

/** The same with these alarms in their calm. */
export function calmingTable(...calming: AlarmName[]): Status {
  return tableWith({ isRaised: true, sinceMs: clock() - 1000, isCalming: true }, calming);
}

function tableWith(alarm: AlarmStatus, names: readonly AlarmName[]): Status {
  const atMs = clock();
  return {
    atMs,
    entries: 261_120,
    limit: 262_144,
    usage: 261_120 / 262_144,
    peak: 262_144,
    growthPerSecond: 1240,
    secondsUntilFull: 0,
    counters: undefined,
    tableFullDrops: 3,
    isRefusing: true,
    alarms: new Map(ALARM_RULES.map(({ name }) => [name, names.includes(name) ? alarm : { isRaised: false }])),
  };
}

/** A started pager, gone when the test is over. */
export function startPager(urls: readonly string[], parts: Partial<PagerParts> & { timings?: Timings } = {}) {
  const { log, lines } = collectedLog();
  const greetings: object[] = [];
  const greet = (fields: object) => void greetings.push(fields);
  const pager = new Pager({
    urls: urls.map((url) => new URL(url)),
    node: 'node-1',
    labels: {},
    secrets: {},
    keepWarm: true,
    lookup: () => Promise.reject(new Error('looked up')),
    log: { ...log, info: (fields, message) => (message === GREETING ? greet(fields) : log.info(fields, message)) },
    clock,
    wallClock: Date.now,
    random: () => 0,
    timings: FAST,
    ...parts,
  });
  pager.start();
  onTestFinished(() => pager.stop());
  return {
    pager,
    lines,
    greetings,
    raise: (...alarms: AlarmName[]) => pager.observe(fullTable(...alarms)),
    calm: (...alarms: AlarmName[]) => pager.observe(calmingTable(...alarms)),
  };
}

/** Waits until the value is there; an error that names it when it does not come. */
export async function until<T>(
  what: string,
  look: () => T | false | undefined | Promise<T | false | undefined>,
  timeoutMs = 10_000,
): Promise<T> {
  const endMs = performance.now() + timeoutMs;
  while (performance.now() < endMs) {
    const value = await look();
    if (value !== false && value !== undefined) return value;
    await sleep(10);
  }
  throw new Error(`Cannot see "${what}": not within ${timeoutMs} ms`);
}

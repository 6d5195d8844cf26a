import { onTestFinished } from 'vitest';
import { Notifier, type NotifierParts } from '../../src/alertmanager/notifier.ts';
import type { Timings } from '../../src/alertmanager/timings.ts';
import { ALARM_ROWS, type AlarmId } from '../../src/model/alarms/alarms.ts';
import type { AlarmStatus, Status } from '../../src/model/status.ts';
import { HEALTHY } from '../model/inputs.ts';
import { collectedLog } from '../web/collected-log.ts';

/** Everything a hundred times as fast. */
export const FAST: Timings = {
  heartbeatMs: 60,
  resendMs: 400,
  lifeMs: 30_000,
  handoverMs: 30_000,
  keepClearedMs: 30_000,
  requestMs: 250,
  retryFirstMs: 20,
  retryMaxMs: 100,
  refusedMs: 400,
  lookupMs: 50,
};

/** How long a test waits for what it is about, and how often it looks. */
export const PATIENT = { timeout: 10_000, interval: 10 };

/** What the notifier says at the start; kept apart from its other lines. */
const GREETING = 'Direct alerts can be delivered';

const clock = () => performance.now();

/** A table that is full, on which these alarms fire and the others are inactive. */
export function fullTable(...firing: AlarmId[]): Status {
  return tableWith({ state: 'firing', firingSinceMs: clock() - 1000, raised: 1 }, firing);
}

/** The same, where these alarms are resolving. */
function resolvingTable(...resolving: AlarmId[]): Status {
  return tableWith({ state: 'resolving', firingSinceMs: clock() - 1000, raised: 1 }, resolving);
}

const INACTIVE: AlarmStatus = { state: 'inactive', firingSinceMs: undefined, raised: 0 };

function tableWith(alarm: AlarmStatus, ids: readonly AlarmId[]): Status {
  const usage = 261_120 / 262_144;
  return {
    atMs: clock(),
    entries: 261_120,
    limit: 262_144,
    usage,
    peak: 262_144,
    growthPerSecond: 1240,
    secondsUntilFull: 0,
    counters: undefined,
    tableFullDrops: 3,
    dropsByCause: { table_full: 3, tracker: 0, memory: 0, unknown: 0 },
    insertFailures: undefined,
    isDropping: true,
    kubeProxyLimit: undefined,
    cloud: undefined,
    inputs: { ...HEALTHY, usage, isDropping: true, secondsUntilFull: 0, limit: 262_144, highestLimit: 262_144 },
    alarms: new Map(ALARM_ROWS.map(({ id }) => [id, ids.includes(id) ? alarm : INACTIVE])),
  };
}

/** A started notifier that stops when the test ends. */
export function startNotifier(urls: readonly string[], parts: Partial<NotifierParts> & { timings?: Timings } = {}) {
  const { log, lines } = collectedLog();
  const greetings: object[] = [];
  const greet = (fields: object) => void greetings.push(fields);
  const notifier = new Notifier({
    urls: urls.map((url) => new URL(url)),
    node: 'node-1',
    labels: {},
    secrets: {},
    keepAlive: true,
    lookup: () => Promise.reject(new Error('looked up')),
    log: { ...log, info: (fields, message) => (message === GREETING ? greet(fields) : log.info(fields, message)) },
    clock,
    wallClock: Date.now,
    random: () => 0,
    timings: FAST,
    ...parts,
  });
  notifier.start();
  onTestFinished(() => void notifier.stop());
  return {
    notifier,
    lines,
    greetings,
    raise: (...alarms: AlarmId[]) => notifier.observe(fullTable(...alarms)),
    startResolving: (...alarms: AlarmId[]) => notifier.observe(resolvingTable(...alarms)),
  };
}

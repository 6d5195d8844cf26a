import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TableJudge } from '../../../src/analysis/table/table-judge.ts';
import { ALARM_ROWS } from '../../../src/model/alarms/alarms.ts';
import { DEFAULT_THRESHOLDS } from '../../../src/model/alarms/thresholds.ts';
import { isFiring, type Status } from '../../../src/model/status.ts';
import { portsUsed } from '../../model/inputs.ts';

/** One part of a walk: for so many seconds usage goes to a level, and counters grow by so much a second. */
const part = fc.record({
  seconds: fc.integer({ min: 5, max: 700 }),
  usage: fc.oneof(fc.double({ min: 0, max: 1.1, noNaN: true }), fc.constantFrom(0.89, 0.9, 0.95, 0.951, 1)),
  jitter: fc.double({ min: 0, max: 0.1, noNaN: true }),
  limit: fc.constantFrom(10_000, 10_000, 10_000, 8000),
  drop: fc.constantFrom(0, 0, 0, 5),
  insert_failed: fc.constantFrom(0, 0, 1),
  found: fc.constantFrom(0, 0, 1, 8, 248),
  ports: fc.constantFrom(0.1, 0.5, 0.9),
  chainlength: fc.constantFrom(0, 0, 0, 1),
  invalid: fc.constantFrom(0, 150),
  cloud: fc.constantFrom(70_000, 70_000, 7000, undefined),
  exceeded: fc.constantFrom(0n, 0n, 0n, 1n),
  kubeProxyLimit: fc.constantFrom(undefined, 10_000, 5000),
  reconnecting: fc.constantFrom([], [], ['10.0.0.9 reconnects']),
  overdue: fc.constantFrom([], [], ['10.0.0.8 has not come for 1 min']),
  unscrapedMs: fc.constantFrom(0, 0, 700_000),
  failing: fc.constantFrom([], [], ['http://10.0.0.7:9093: status 401']),
  isSeen: fc.constantFrom(true, true, true, false),
});
type Part = typeof part extends fc.Arbitrary<infer P> ? P : never;
const walks = fc.array(part, { minLength: 3, maxLength: 8 });

/** The status after each second of a walk. */
function* statusesOf(walk: readonly Part[]): Generator<Status> {
  const judge = new TableJudge({ peakWindowMs: 60_000 });
  judge.addFacts({ buckets: 4000 });
  const totals = new Map(
    (['drop', 'insert_failed', 'chainlength', 'invalid', 'found'] as const).map((column) => [column, 0]),
  );
  let second = 0;
  let usage = 0.3;
  let exceeded = 0n;
  for (const {
    seconds,
    jitter,
    limit,
    isSeen,
    cloud,
    kubeProxyLimit,
    reconnecting,
    unscrapedMs,
    overdue,
    failing,
    ...to
  } of walk) {
    const step = (to.usage - usage) / seconds;
    for (let left = seconds; left > 0; left -= 1) {
      usage += step;
      second += 1;
      const { exceeded: _, ...counted } = to;
      const growth = { ...counted, drop: to.drop + to.insert_failed };
      for (const [column, total] of totals) totals.set(column, total + (growth[column as keyof typeof growth] ?? 0));
      const atMs = second * 1000;
      const entries = Math.max(0, Math.round((usage + jitter * Math.sin(second * 1.7)) * limit));
      judge.addCounters(isSeen ? [totals] : undefined, atMs);
      exceeded += to.exceeded;
      judge.addFacts({ kubeProxyLimit });
      judge.addCloud(cloud === undefined ? [] : [{ device: 'ens5', available: cloud, exceeded }], atMs);
      judge.addFacts({
        snatPorts: portsUsed(to.ports),
        scrapers: { overdue, reconnecting, unscrapedMs },
        failingAlertmanagers: failing,
        noDataReasons: isSeen ? [] : ['the entries cannot be read'],
      });
      judge.addSample({ atMs, entries: isSeen ? entries : undefined, limit });
      yield judge.statusAt(atMs);
    }
  }
}

/** What is known of one alarm in the course of a walk. */
class Watched {
  readonly #row: (typeof ALARM_ROWS)[number];
  #isFiring = false;
  #begins = 0;
  #beganMs = Number.NEGATIVE_INFINITY;
  #clearSinceMs: number | undefined;

  constructor(row: (typeof ALARM_ROWS)[number]) {
    this.#row = row;
  }

  /** What is wrong with the next status. */
  violations({ alarms, inputs, atMs }: Status): string[] {
    const { id, raise, clear, keepFiringMs } = this.#row;
    const alarm = alarms.get(id);
    const isRaised = raise(inputs, DEFAULT_THRESHOLDS);
    if (alarm === undefined || isRaised === undefined) {
      return alarm === isRaised ? [] : [`${id} is not absent just while it cannot be judged`];
    }
    const hasBegun = isFiring(alarm) && !this.#isFiring;
    const flaps = hasBegun && atMs - this.#beganMs < keepFiringMs;
    this.#isFiring = isFiring(alarm);
    if (hasBegun) this.#beganMs = atMs;
    this.#begins += Number(hasBegun);
    const isClear = !isRaised && clear(inputs, DEFAULT_THRESHOLDS);
    this.#clearSinceMs = isClear ? (this.#clearSinceMs ?? atMs) : undefined;
    const hasToEnd = isClear && atMs - this.#clearSinceMs! >= keepFiringMs;
    return [
      ...(flaps ? [`${id} begins to fire again within ${keepFiringMs} ms`] : []),
      ...(alarm.raised === this.#begins ? [] : [`${id} was raised ${this.#begins} times and says ${alarm.raised}`]),
      ...(hasToEnd && alarm.state !== 'inactive' ? [`${id} is ${alarm.state} long after it was clear`] : []),
      ...(isRaised && !['pending', 'firing'].includes(alarm.state) ? [`${id} is ${alarm.state} while raised`] : []),
    ];
  }
}

describe('alarms on random walks of usage, losses and outages', () => {
  it('keep firing for as long as they say, end when they are clear, and count how often they began', () => {
    const begun = new Set<string>();
    fc.assert(
      fc.property(walks, (walk) => {
        const watched = ALARM_ROWS.map((row) => new Watched(row));
        for (const status of statusesOf(walk)) {
          const violations = watched.flatMap((one) => one.violations(status));
          if (violations.length > 0) throw new Error(violations.join('\n'));
          for (const [id, alarm] of status.alarms) if (isFiring(alarm)) begun.add(id);
        }
      }),
      { numRuns: 50, seed: 7 },
    );
    expect([...begun].sort(), 'the walks reach every alarm, or this proves little').toEqual(
      ALARM_ROWS.map(({ id }) => id).sort(),
    );
  });
});

import { AlertStates } from '../../../src/alertmanager/alert.ts';
import { TableJudge } from '../../../src/analysis/table/table-judge.ts';
import { ALARM_ROWS } from '../../../src/model/alarms/alarms.ts';
import { DEFAULT_THRESHOLDS } from '../../../src/model/alarms/thresholds.ts';
import { isFiring } from '../../../src/model/status.ts';
import { seriesOf } from '../../metrics/publication.ts';
import type { Random } from '../random.ts';
import { hold, type Subject } from '../subject.ts';

const LEVELS = [0, 0.3, 0.85, 0.89, 0.9, 0.949, 0.95, 0.951, 1, 1.05];
const LIMIT = 10_000;

/** What every step of a walk must show; the state of one alarm from step to step. */
class Watch {
  readonly #row: (typeof ALARM_ROWS)[number];
  #endedMs = Number.NEGATIVE_INFINITY;
  #beganMs = Number.NEGATIVE_INFINITY;
  #clearSinceMs: number | undefined;
  #isFiring = false;

  constructor(row: (typeof ALARM_ROWS)[number]) {
    this.#row = row;
  }

  check({ alarms, inputs, atMs }: ReturnType<TableJudge['statusAt']>): void {
    const { id, raise, clear, keepFiringMs, pendingMs } = this.#row;
    const alarm = alarms.get(id);
    if (alarm === undefined) return;
    const isFiringNow = isFiring(alarm);
    if (isFiringNow && !this.#isFiring) {
      hold(atMs - this.#endedMs >= pendingMs, () => `${id} fires ${atMs - this.#endedMs} ms after it ended`);
      this.#beganMs = atMs;
    }
    if (!isFiringNow && this.#isFiring) {
      hold(atMs - this.#beganMs >= keepFiringMs, () => `${id} ended after ${atMs - this.#beganMs} ms`);
      this.#endedMs = atMs;
    }
    this.#isFiring = isFiringNow;
    const isClear = raise(inputs, DEFAULT_THRESHOLDS) === false && clear(inputs, DEFAULT_THRESHOLDS);
    this.#clearSinceMs = isClear ? (this.#clearSinceMs ?? atMs) : undefined;
    const isLate = isClear && atMs - this.#clearSinceMs! >= keepFiringMs;
    hold(
      !isLate || !isFiringNow,
      () => `${id} fires although it was clear for ${atMs - (this.#clearSinceMs ?? atMs)} ms`,
    );
  }
}

/** Between a second and ten minutes at or on the way to a level, with losses and without, at times unseen. */
function* walk(random: Random) {
  let [second, usage] = [0, 0.3];
  for (let parts = 1 + random.below(5); parts > 0; parts -= 1) {
    const [to, seconds] = [random.pick(LEVELS), 1 + random.below(600)];
    const growth = { drop: random.pick([0, 0, 5]), insert_failed: random.pick([0, 1]), invalid: random.pick([0, 150]) };
    const isSeen = random.chance(0.9);
    for (let left = seconds; left > 0; left -= 1) {
      second += 1;
      usage += (to - usage) / left;
      yield { atMs: second * 1000, usage: usage + random.below(100) / 5000 - 0.01, growth, isSeen };
    }
  }
}

/** Walks of usage and losses of up to 50 minutes, a step a second. */
export const ALARMS: Subject = {
  name: 'alarms',
  invariant:
    'no alarm flaps within its hold times or fires when it was clear for long, and series and direct alerts agree',
  run(random) {
    const judge = new TableJudge({ peakWindowMs: 60_000 });
    const states = new AlertStates(() => 0);
    const watches = ALARM_ROWS.map((row) => new Watch(row));
    const totals = new Map([
      ['drop', 0],
      ['insert_failed', 0],
      ['invalid', 0],
    ] as ['drop' | 'insert_failed' | 'invalid', number][]);
    for (const { atMs, usage, growth, isSeen } of walk(random)) {
      for (const [column, total] of totals) totals.set(column, total + growth[column]);
      judge.addCounters(isSeen ? [totals] : undefined, atMs);
      judge.addFacts({ noDataReasons: isSeen ? [] : ['the entries cannot be read'] });
      judge.addSample({ atMs, entries: isSeen ? Math.max(0, Math.round(usage * LIMIT)) : undefined, limit: LIMIT });
      const status = judge.statusAt(atMs);
      for (const watch of watches) watch.check(status);
      states.observe(status);
      const direct = new Set(states.all.filter(({ isRaised }) => isRaised).map(({ alarm }) => alarm as string));
      for (const { labels, value } of seriesOf('conntrack_alarm_active', { status }))
        hold(
          direct.has(labels['alarm']!) === (value === 1),
          () => `${labels['alarm']}: series ${value}, direct alert ${direct.has(labels['alarm']!)}`,
        );
    }
  },
};

import { ALARM_RULES, type Alarm, type AlarmName, type Evidence, HORIZON_SECONDS, nextAlarm } from './alarm.ts';
import { CounterAccumulator, type CounterTotals, type CpuCounters } from './counter-totals.ts';
import { secondsUntilFull } from './forecast.ts';
import { Growth } from './growth.ts';
import { PeakHold } from './peak-hold.ts';
import { Precedent } from './precedent.ts';
import { TableFullDrops } from './table-full-drops.ts';
import { type TableSample, usageOf } from './table-sample.ts';

/** What we make of the readings so far. A member is undefined where the kernel did not tell enough. */
export type Status = {
  readonly atMs: number;
  readonly entries: number | undefined;
  readonly limit: number | undefined;
  readonly usage: number | undefined;
  /** Highest count of the trailing window. */
  readonly peak: number | undefined;
  readonly growthPerSecond: number | undefined;
  /** Infinity when the table is not filling, 0 when it is full. */
  readonly secondsUntilFull: number | undefined;
  readonly counters: CounterTotals | undefined;
  /** Packets refused for want of room since the agent began to watch. */
  readonly tableFullDrops: number | undefined;
  /** Whether packets were refused for want of room in the last three seconds. */
  readonly isRefusing: boolean;
  /** Undefined while there is nothing to judge by: blind is not quiet. */
  readonly alarms: ReadonlyMap<AlarmName, AlarmStatus> | undefined;
};

/** `sinceMs` is when a raised alarm was raised; it is calming while it clears unless the evidence returns. */
export type AlarmStatus = { readonly isRaised: boolean; readonly sinceMs?: number; readonly isCalming?: boolean };

/** Losses come in fits, and readings as close together as scrapes happen to be: one refusal counts for this long. */
const REFUSING_MS = 3000;

/** Holds what was seen of one table and judges it. Samples and counters come in at their own pace. */
export class TableJudge {
  readonly #peak: PeakHold;
  readonly #growth = new Growth();
  readonly #precedent = new Precedent();
  readonly #accumulator = new CounterAccumulator();
  readonly #tableFullDrops = new TableFullDrops();
  readonly #alarms = new Map<AlarmName, Alarm>(ALARM_RULES.map(({ name }) => [name, { state: 'quiet' }]));
  #sample: TableSample | undefined;
  #columns: readonly string[] | undefined;
  #refusedAtMs = Number.NEGATIVE_INFINITY;

  constructor({ peakWindowMs }: { peakWindowMs: number }) {
    this.#peak = new PeakHold(peakWindowMs);
  }

  addSample(sample: TableSample): void {
    const { atMs, entries } = sample;
    this.#sample = sample;
    if (entries === undefined)
      this.#accumulator.interrupt(); // No table: the module may be on its way out and in again.
    else {
      this.#peak.add({ atMs, value: entries });
      this.#growth.add({ atMs, value: entries });
      this.#precedent.add({ atMs, value: entries });
    }
    const evidence = this.#evidenceAt(atMs);
    if (evidence === undefined) return;
    for (const rule of ALARM_RULES) {
      this.#alarms.set(rule.name, nextAlarm(rule, this.#alarms.get(rule.name)!, evidence, atMs));
    }
  }

  /** One reading of the counters; undefined rows when no source tells. */
  addCounters(rows: readonly CpuCounters[] | undefined, atMs: number): void {
    if (rows === undefined) this.#accumulator.interrupt();
    this.#columns = rows === undefined ? undefined : [...new Set(rows.flatMap((row) => [...row.keys()]))];
    const refused = rows === undefined ? undefined : this.#tableFullDrops.add(this.#accumulator.add(rows, atMs));
    if (refused !== undefined && refused > 0) this.#refusedAtMs = atMs;
  }

  statusAt(nowMs: number): Status {
    const counters = this.#columns === undefined ? undefined : this.#accumulator.totals(this.#columns);
    const forecast = this.#forecastAt(nowMs);
    return {
      ...forecast,
      atMs: nowMs,
      peak: this.#peak.peakAt(nowMs),
      counters,
      tableFullDrops: hasRefusals(counters) ? this.#tableFullDrops.total : undefined,
      alarms: forecast.usage === undefined ? undefined : this.#alarmStatuses(),
    };
  }

  #forecastAt(nowMs: number) {
    const { entries, limit } = this.#sample ?? { entries: undefined, limit: undefined };
    const isRefusing = nowMs - this.#refusedAtMs < REFUSING_MS;
    const growthPerSecond = entries === undefined ? undefined : this.#growth.perSecondAt(nowMs);
    const secondsUntilFull = isRefusing ? 0 : untilFull(entries, limit, growthPerSecond);
    return { entries, limit, usage: usageOf({ entries, limit }), growthPerSecond, secondsUntilFull, isRefusing };
  }

  #evidenceAt(nowMs: number): Evidence | undefined {
    const { limit, usage, isRefusing, secondsUntilFull = Number.POSITIVE_INFINITY } = this.#forecastAt(nowMs);
    if (limit === undefined || usage === undefined) return undefined;
    const isNews = secondsUntilFull === 0 || !this.#precedent.covers(limit);
    return { usage: isRefusing ? Math.max(usage, 1) : usage, urgency: isNews ? HORIZON_SECONDS / secondsUntilFull : 0 };
  }

  #alarmStatuses(): Map<AlarmName, AlarmStatus> {
    return new Map(Array.from(this.#alarms, ([name, alarm]) => [name, statusOf(alarm)]));
  }
}

function untilFull(entries?: number, limit?: number, growthPerSecond?: number): number | undefined {
  if (entries === undefined || limit === undefined || limit === 0) return undefined;
  if (entries >= limit) return 0;
  return growthPerSecond === undefined ? undefined : secondsUntilFull(entries, limit, growthPerSecond);
}

function hasRefusals(counters: CounterTotals | undefined): boolean {
  return counters?.has('drop') === true && counters.has('insert_failed');
}

/** Raised until it is quiet again, calming included; pending is not raised yet. */
function statusOf(alarm: Alarm): AlarmStatus {
  switch (alarm.state) {
    case 'firing':
      return { isRaised: true, sinceMs: alarm.sinceMs };
    case 'calming':
      return { isRaised: true, sinceMs: alarm.sinceMs, isCalming: true };
    default:
      return { isRaised: false };
  }
}

import type { AlarmInputs } from '../model/alarm-inputs.ts';
import type { CloudReading } from '../model/cloud-allowance.ts';
import type { InsertFailureCause } from '../model/insert-failures.ts';
import type { CounterName, CpuRow, TableSample } from '../model/reading.ts';
import type { ScraperInputs } from '../model/scrapers.ts';
import type { SnatPortsUsed } from '../model/snat-ports.ts';
import { type Status, usageOf } from '../model/status.ts';
import { DEFAULT_THRESHOLDS, type Thresholds } from '../model/thresholds.ts';
import { AlarmStates } from './alarm-states.ts';
import { CloudAllowance } from './cloud-allowance.ts';
import { CounterAccumulator, LossRates, TableFullDrops } from './counters.ts';
import { Forecast, type SteepRise } from './forecast.ts';
import { SlidingMax, TimeShare } from './windows.ts';

/** What is judged as it stands, without a history; undefined where it is not known. */
export type TableFacts = {
  readonly buckets?: number | undefined;
  /** After the next start of kube-proxy. */
  readonly kubeProxyLimit?: number | undefined;
  /** Where most of the ports are in use, of the last flow sample. */
  readonly snatPorts?: SnatPortsUsed | undefined;
  /** That source NAT translates, of the last flow sample. */
  readonly protocolsWithoutPorts?: readonly string[] | undefined;
  readonly scrapers?: ScraperInputs | undefined;
  /** Undefined without an Alertmanager. */
  readonly failingAlertmanagers?: readonly string[] | undefined;
  /** Why the table cannot be read; empty when it can. */
  readonly noDataReasons: readonly string[];
};

export type TableJudgeOptions = {
  readonly peakWindowMs: number;
  readonly thresholds?: Thresholds;
  /** See `tableFullDrops()`. */
  readonly dropHasInsertFailures?: boolean;
  /** For benches, which compare several. */
  readonly steepRise?: SteepRise;
};

/** Drops come in bursts, so the table counts as dropping for this long after a drop. */
const DROPPING_MS = 3000;
const HIGH_WINDOW_SECONDS = 600;
const NEARLY_FULL_WINDOW_SECONDS = 300;
const HOUR_MS = 3_600_000;

/** Keeps the samples and counters of one table, which may arrive at different intervals, and judges its alarms. */
export class TableJudge {
  readonly #thresholds: Thresholds;
  readonly #peak: SlidingMax;
  readonly #highestLimit = new SlidingMax(HOUR_MS);
  readonly #forecast: Forecast;
  readonly #high = new TimeShare(HIGH_WINDOW_SECONDS);
  readonly #nearlyFull = new TimeShare(NEARLY_FULL_WINDOW_SECONDS);
  readonly #accumulator = new CounterAccumulator('resumed');
  readonly #tableFullDrops: TableFullDrops;
  readonly #lossRates = new LossRates();
  readonly #cloud = new CloudAllowance();
  readonly #alarms = new AlarmStates();
  #sample: TableSample | undefined;
  #columns: readonly CounterName[] | undefined;
  #facts: TableFacts = { noDataReasons: [] };
  #droppedAtMs = Number.NEGATIVE_INFINITY;

  constructor({ peakWindowMs, thresholds = DEFAULT_THRESHOLDS, ...options }: TableJudgeOptions) {
    this.#tableFullDrops = new TableFullDrops(options.dropHasInsertFailures);
    this.#forecast = new Forecast(options.steepRise);
    this.#thresholds = thresholds;
    this.#peak = new SlidingMax(peakWindowMs);
  }

  addSample(sample: TableSample): void {
    const { atMs, entries, limit } = sample;
    this.#sample = sample;
    if (entries === undefined)
      this.#accumulator.interrupt(); // Without a table the module may be being reloaded.
    else {
      this.#peak.add({ atMs, value: entries });
      this.#forecast.add({ atMs, entries, limit: limit ?? 0 }, this.#thresholds);
    }
    if (limit !== undefined) this.#highestLimit.add({ atMs, value: limit });
    const usage = usageOf(sample);
    if (usage !== undefined) {
      this.#high.add(usage > this.#thresholds.highUsage, atMs);
      this.#nearlyFull.add(usage > this.#thresholds.nearlyFullUsage, atMs);
    }
    this.#alarms.judge(this.#inputsAt(atMs), this.#thresholds, atMs);
  }

  /** One reading of the counters; undefined rows when no source has them. */
  addCounters(rows: readonly CpuRow[] | undefined, atMs: number): void {
    if (rows === undefined) this.#accumulator.interrupt();
    this.#columns = rows === undefined ? undefined : columnsOf(rows);
    if (rows === undefined) return;
    const growth = this.#accumulator.add(rows, atMs);
    this.#lossRates.add(growth, atMs);
    const dropped = this.#tableFullDrops.add(growth);
    if (dropped !== undefined && dropped > 0) this.#droppedAtMs = atMs;
  }

  /** One reading of the cloud's own table. */
  addCloud(readings: readonly CloudReading[], atMs: number): void {
    this.#cloud.add(readings, atMs);
  }

  /** Those that are given; the others stay as they are. */
  addFacts(facts: Partial<TableFacts>): void {
    this.#facts = { ...this.#facts, ...facts };
  }

  /** Whether one connection more does no harm; false while that is not known. */
  get hasHeadroom(): boolean {
    const usage = usageOf(this.#sample ?? { entries: undefined, limit: undefined });
    return usage !== undefined && usage < this.#thresholds.highUsage;
  }

  statusAt(nowMs: number): Status {
    const counters = this.#columns === undefined ? undefined : this.#accumulator.totals(this.#columns);
    const { entries, limit } = this.#sample ?? { entries: undefined, limit: undefined };
    const isDropping = this.#isDroppingAt(nowMs);
    const { growthPerSecond, secondsUntilFull } = this.#forecast.outlookAt(nowMs);
    const isForecast = entries !== undefined && limit !== undefined && limit !== 0;
    return {
      atMs: nowMs,
      entries,
      limit,
      usage: usageOf({ entries, limit }),
      peak: this.#peak.peakAt(nowMs),
      growthPerSecond: entries === undefined ? undefined : growthPerSecond,
      secondsUntilFull: isForecast ? (isDropping ? 0 : secondsUntilFull) : undefined,
      counters,
      tableFullDrops: counters?.has('drop') && counters.has('insert_failed') ? this.#tableFullDrops.total : undefined,
      insertFailures: counters?.has('insert_failed') ? this.#lossRates.insertFailures : undefined,
      isDropping,
      kubeProxyLimit: this.#facts.kubeProxyLimit,
      cloud: this.#cloud.statusAt(nowMs),
      inputs: this.#inputsAt(nowMs),
      alarms: this.#alarms.statuses(),
    };
  }

  #inputsAt(nowMs: number): AlarmInputs {
    const { entries, limit } = this.#sample ?? { entries: undefined, limit: undefined };
    const { secondsUntilFull = Number.POSITIVE_INFINITY, isFillingUp, isSteepRise } = this.#forecast.outlookAt(nowMs);
    const { buckets, kubeProxyLimit, snatPorts, scrapers, noDataReasons } = this.#facts;
    const hasCounters = this.#columns !== undefined;
    const cloud = this.#cloud.statusAt(nowMs);
    const failures = (cause: InsertFailureCause) =>
      hasCounters ? this.#lossRates.failuresPerSecond(cause) : undefined;
    return {
      usage: usageOf({ entries, limit }),
      isDropping: this.#isDroppingAt(nowMs),
      highTimeShare: this.#high.share,
      nearlyFullTimeShare: this.#nearlyFull.share,
      secondsUntilFull,
      isFillingUp,
      isSteepRise,
      entriesPerBucket: entries === undefined || !buckets ? undefined : entries / buckets,
      insertFailuresPerSecond: failures('race'),
      snatPortsExhaustedPerSecond: failures('snat_ports'),
      natWithoutPortsPerSecond: failures('nat_without_ports'),
      protocolsWithoutPorts: this.#facts.protocolsWithoutPorts,
      unexplainedFailuresPerSecond: failures('unknown'),
      snatPorts,
      chainsTooLong: hasCounters ? this.#lossRates.chainsTooLong : undefined,
      invalidPacketsPerSecond: hasCounters ? this.#lossRates.invalidPacketsPerSecond : undefined,
      limit,
      highestLimit: this.#highestLimit.peakAt(nowMs),
      peak: this.#peak.peakAt(nowMs),
      kubeProxyLimit,
      cloudAvailable: cloud?.available,
      cloudSecondsUntilExceeded: this.#cloud.concernSeconds(cloud),
      cloudDropsLastMinute: cloud?.droppedLastMinute,
      noDataReasons,
      reconnectingScrapers: scrapers?.reconnecting,
      overdueScrapers: scrapers?.overdue,
      unscrapedMs: scrapers?.unscrapedMs,
      failingAlertmanagers: this.#facts.failingAlertmanagers,
    };
  }

  #isDroppingAt(nowMs: number): boolean {
    return nowMs - this.#droppedAtMs < DROPPING_MS;
  }
}

function columnsOf(rows: readonly CpuRow[]): CounterName[] {
  const columns = new Set<CounterName>();
  for (const row of rows) for (const column of row.keys()) columns.add(column);
  return [...columns];
}

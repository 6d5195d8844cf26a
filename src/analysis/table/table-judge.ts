import type { AlarmInputs } from '../../model/alarms/alarm.ts';
import { DEFAULT_THRESHOLDS, type Thresholds } from '../../model/alarms/thresholds.ts';
import type { CloudReading } from '../../model/cloud-allowance.ts';
import type { SnatPortsUsed } from '../../model/flows.ts';
import type { CounterName, CpuRow, TableSample } from '../../model/reading.ts';
import type { ScraperInputs } from '../../model/scrapers.ts';
import { dropsBelowLimit, type InsertFailureCause, type Status, usageOf } from '../../model/status.ts';
import { AlarmStates } from './alarm-states.ts';
import { CloudAllowance } from './cloud-allowance.ts';
import { CounterAccumulator, LossRates } from './counters.ts';
import { DropCauses } from './drop-causes.ts';
import { Forecast, type SteepRise } from './forecast.ts';
import { RecentIncrease, SlidingMax, TimeShare } from './windows.ts';

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
  readonly isShortOfMemory?: boolean | undefined;
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
const TEN_MINUTES_MS = 600_000;
const FIVE_MINUTES_MS = 300_000;

/** Keeps the samples and counters of one table, which may arrive at different intervals, and judges its alarms. */
export class TableJudge {
  readonly #thresholds: Thresholds;
  readonly #peak: SlidingMax;
  readonly #highestLimit = new SlidingMax(HOUR_MS);
  /** Of the negative limit. */
  readonly #lowestLimit = new SlidingMax(FIVE_MINUTES_MS);
  readonly #lowered = new TimeShare(FIVE_MINUTES_MS / 1000);
  readonly #forecast: Forecast;
  readonly #high = new TimeShare(HIGH_WINDOW_SECONDS);
  readonly #nearlyFull = new TimeShare(NEARLY_FULL_WINDOW_SECONDS);
  readonly #sustained = new TimeShare(HOUR_MS / 1000);
  readonly #accumulator = new CounterAccumulator('resumed');
  readonly #drops: DropCauses;
  readonly #dropsBelowLimit = new RecentIncrease(TEN_MINUTES_MS);
  readonly #lossRates = new LossRates();
  readonly #cloud = new CloudAllowance();
  readonly #alarms = new AlarmStates();
  #sample: TableSample | undefined;
  #columns: readonly CounterName[] | undefined;
  #facts: TableFacts = { noDataReasons: [] };
  #droppedAtMs = Number.NEGATIVE_INFINITY;
  #firstUsageMs: number | undefined;
  #hasRead = false;

  constructor({ peakWindowMs, thresholds = DEFAULT_THRESHOLDS, ...options }: TableJudgeOptions) {
    this.#drops = new DropCauses(options.dropHasInsertFailures);
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
    if (limit !== undefined) {
      this.#highestLimit.add({ atMs, value: limit });
      this.#lowestLimit.add({ atMs, value: -limit });
      this.#lowered.add(limit > 0 && limit < (this.#highestLimit.peakAt(atMs) ?? 0), atMs);
    }
    const usage = usageOf(sample);
    if (usage !== undefined) {
      this.#high.add(usage > this.#thresholds.highUsage, atMs);
      this.#nearlyFull.add(usage > this.#thresholds.nearlyFullUsage, atMs);
      this.#sustained.add(usage > this.#thresholds.sustainedUsage, atMs);
      this.#firstUsageMs ??= atMs;
      this.#drops.addUsage(usage, atMs);
    }
    this.#alarms.judge(this.#inputsAt(atMs), this.#thresholds, atMs);
  }

  /** One reading of the counters; undefined rows when no source has them. */
  addCounters(rows: readonly CpuRow[] | undefined, atMs: number): void {
    this.#hasRead = true;
    if (rows === undefined) this.#accumulator.interrupt();
    this.#columns = rows === undefined ? undefined : columnsOf(rows);
    if (rows === undefined) return;
    const growth = this.#accumulator.add(rows, atMs);
    this.#lossRates.add(growth, atMs);
    const dropped = this.#drops.add(growth, atMs, this.#facts.isShortOfMemory);
    const { totals } = this.#drops;
    if (totals !== undefined) this.#dropsBelowLimit.add(dropsBelowLimit(totals), atMs);
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
    const inputs = this.#inputsAt(nowMs);
    const { usage, limit, peak, isDropping, kubeProxyLimit } = inputs;
    const entries = this.#sample?.entries;
    const { growthPerSecond, secondsUntilFull } = this.#forecast.outlookAt(nowMs);
    const isForecast = entries !== undefined && limit !== undefined && limit !== 0;
    return {
      atMs: nowMs,
      entries,
      ...{ usage, limit, peak, isDropping, kubeProxyLimit },
      growthPerSecond: entries === undefined ? undefined : growthPerSecond,
      secondsUntilFull: isForecast ? (isDropping ? 0 : secondsUntilFull) : undefined,
      counters,
      tableFullDrops: this.#countsDrops ? this.#drops.totals?.table_full : undefined,
      dropsByCause: this.#countsDrops ? this.#drops.totals : undefined,
      insertFailures: counters?.has('insert_failed') ? this.#lossRates.insertFailures : undefined,
      cloud: this.#cloud.statusAt(nowMs),
      inputs,
      alarms: this.#alarms.statuses(),
    };
  }

  #inputsAt(nowMs: number): AlarmInputs {
    const { entries, limit } = this.#sample ?? { entries: undefined, limit: undefined };
    const { secondsUntilFull = Number.POSITIVE_INFINITY, isFillingUp, isSteepRise } = this.#forecast.outlookAt(nowMs);
    const { buckets, kubeProxyLimit, snatPorts, scrapers, noDataReasons } = this.#facts;
    const hasCounters = this.#columns !== undefined;
    const lowest = this.#lowestLimit.peakAt(nowMs);
    const cloud = this.#cloud.statusAt(nowMs);
    const failures = (cause: InsertFailureCause) =>
      hasCounters ? this.#lossRates.failuresPerSecond(cause) : undefined;
    return {
      usage: usageOf({ entries, limit }),
      isDropping: this.#isDroppingAt(nowMs),
      highTimeShare: this.#high.share,
      nearlyFullTimeShare: this.#nearlyFull.share,
      sustainedTimeShare: nowMs - (this.#firstUsageMs ?? nowMs) > HOUR_MS ? this.#sustained.share : 0,
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
      dropsBelowLimitPerSecond: this.#countsDrops ? this.#dropsBelowLimit.perSecond : undefined,
      invalidPacketsPerSecond: hasCounters ? this.#lossRates.invalidPacketsPerSecond : undefined,
      limit,
      highestLimit: this.#highestLimit.peakAt(nowMs),
      lowestLimit: lowest === undefined ? undefined : -lowest,
      loweredTimeShare: this.#lowered.share,
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

  /** Undefined where the kernel's counters do not tell. Before they were read for the first time nothing is known to be dropped. */
  #isDroppingAt(nowMs: number): boolean | undefined {
    if (this.#hasRead && !this.#countsDrops) return undefined;
    return nowMs - this.#droppedAtMs < DROPPING_MS;
  }

  get #countsDrops(): boolean {
    return this.#columns?.includes('drop') === true && this.#columns.includes('insert_failed');
  }
}

function columnsOf(rows: readonly CpuRow[]): CounterName[] {
  const columns = new Set<CounterName>();
  for (const row of rows) for (const column of row.keys()) columns.add(column);
  return [...columns];
}

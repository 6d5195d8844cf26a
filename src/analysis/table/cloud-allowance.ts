import type { CloudDeviceStatus, CloudReading, CloudStatus } from '../../model/cloud-allowance.ts';
import { secondsUntilFull } from './forecast.ts';
import { Growth } from './growth.ts';
import { RecentIncrease } from './windows.ts';

/** A counter that went back by more than this below a wrap was reset with its driver. */
const WRAP_GROWTH_MAX = 2n ** 32n;
const MINUTE_MS = 60_000;
/** After so long without a reading nothing is known. */
const SILENCE_MS = 30_000;
/** An allowance of which more than this share of the most there was is left is no concern, however fast it shrinks. */
const PLENTY_SHARE = 0.5;

/** A counter as it was read, and its sum over resets. */
type Counted = { readonly raw: bigint; readonly total: number };

/** What the cloud's own table does, from the readings so far. The cloud tells what is left of the allowance, and not how large it is. */
export class CloudAllowance {
  /** Of every device there was, so that a reading that fails loses nothing. */
  readonly #counted = new Map<string, Counted>();
  #devices: readonly CloudDeviceStatus[] = [];
  readonly #growth = new Growth();
  readonly #lastMinute = new RecentIncrease(MINUTE_MS);
  #dropped: number | undefined;
  #highest = 0;
  #readAtMs = Number.NEGATIVE_INFINITY;

  /** One reading of each device that tells something; none at all leaves what is known to expire. */
  add(readings: readonly CloudReading[], atMs: number): void {
    if (readings.length === 0) return;
    this.#readAtMs = atMs;
    const growths: number[] = [];
    this.#devices = readings.map(({ device, available, exceeded }) => {
      if (exceeded === undefined) return { device, available, exceeded };
      const { total, growth } = this.#count(device, exceeded);
      growths.push(growth);
      return { device, available, exceeded: total };
    });
    // Every interface counts drops of the one allowance: the one that saw most counts, and no sum.
    if (growths.length > 0) this.#addDrops(Math.max(...growths), atMs);
    const left = this.#available;
    if (left === undefined) return;
    this.#highest = Math.max(this.#highest, left);
    this.#growth.add({ atMs, value: -left });
  }

  /** Undefined where nothing tells of an allowance. */
  statusAt(nowMs: number): CloudStatus | undefined {
    if (nowMs - this.#readAtMs > SILENCE_MS) return undefined;
    const available = this.#available;
    const growthPerSecond = this.#growth.perSecondAt(nowMs);
    return {
      devices: this.#devices,
      available,
      growthPerSecond,
      secondsUntilExceeded:
        available === undefined || growthPerSecond === undefined
          ? undefined
          : secondsUntilFull(-available, 0, growthPerSecond),
      dropped: this.#dropped,
      droppedLastMinute: this.#dropped === undefined ? undefined : this.#lastMinute.increase,
    };
  }

  /** As `secondsUntilExceeded` for an alarm: Infinity while plenty is left, or nothing is known. */
  concernSeconds(status: CloudStatus | undefined): number {
    const { available, secondsUntilExceeded: seconds } = status ?? {};
    if (available === undefined || seconds === undefined) return Number.POSITIVE_INFINITY;
    return available > PLENTY_SHARE * this.#highest ? Number.POSITIVE_INFINITY : seconds;
  }

  get #available(): number | undefined {
    const known = this.#devices.flatMap(({ available }) => available ?? []);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  /** The first value of a device counts as it stands, and as no growth. */
  #count(device: string, raw: bigint): { readonly total: number; readonly growth: number } {
    const last = this.#counted.get(device);
    const growth = last === undefined ? 0 : growthOf(last.raw, raw);
    const total = last === undefined ? Number(raw) : last.total + growth;
    this.#counted.set(device, { raw, total });
    return { total, growth };
  }

  #addDrops(grown: number, atMs: number): void {
    this.#dropped = (this.#dropped ?? 0) + grown;
    this.#lastMinute.add(this.#dropped, atMs);
  }
}

/** 0 for a counter that was reset. */
function growthOf(last: bigint, now: bigint): number {
  const growth = BigInt.asUintN(64, now - last);
  return now >= last || growth <= WRAP_GROWTH_MAX ? Number(growth) : 0;
}

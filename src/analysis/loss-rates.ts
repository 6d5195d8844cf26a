import { insertFailures } from '../model/loss-causes.ts';
import type { CounterTotals } from '../model/status.ts';
import { RecentIncrease } from './recent-increase.ts';

const FIVE_MINUTES_MS = 5 * 60_000;
const TEN_MINUTES_MS = 10 * 60_000;

/** What the alarms on counters look at: growth of the last minutes, undefined where the kernel does not count it. */
export class LossRates {
  readonly #insertFailures = new RecentIncrease(TEN_MINUTES_MS);
  readonly #chainsTooLong = new RecentIncrease(TEN_MINUTES_MS);
  readonly #invalidPackets = new RecentIncrease(FIVE_MINUTES_MS);
  #failed = 0;
  #tooLong = 0;
  #invalid = 0;

  add(growth: CounterTotals, atMs: number): void {
    const failed = insertFailures(growth);
    const tooLong = growth.get('chainlength');
    const invalid = growth.get('invalid');
    if (failed !== undefined) {
      this.#failed += failed;
      this.#insertFailures.add(this.#failed, atMs);
    }
    if (tooLong !== undefined) {
      this.#tooLong += tooLong;
      this.#chainsTooLong.add(this.#tooLong, atMs);
    }
    if (invalid !== undefined) {
      this.#invalid += invalid;
      this.#invalidPackets.add(this.#invalid, atMs);
    }
  }

  get insertFailuresPerSecond(): number | undefined {
    return this.#insertFailures.perSecond;
  }

  get chainsTooLong(): number | undefined {
    return this.#chainsTooLong.increase;
  }

  get invalidPacketsPerSecond(): number | undefined {
    return this.#invalidPackets.perSecond;
  }
}

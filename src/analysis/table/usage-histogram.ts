import type { UsageCounts } from '../../model/status.ts';

/** Usage that dashboards and runbooks ask for: each bucket is a series of every node. */
const UPPER_BOUNDS = [0.75, 0.9, 0.95] as const;

/** How often usage was at most a given share of the limit, cumulative as Prometheus has it. */
export class UsageHistogram {
  readonly #within: number[] = UPPER_BOUNDS.map(() => 0);
  #samples = 0;
  #sum = 0;

  add(usage: number): void {
    this.#samples += 1;
    this.#sum += usage;
    for (const [i, bound] of UPPER_BOUNDS.entries()) if (usage <= bound) this.#within[i]! += 1;
  }

  /** Undefined before the first sample: empty buckets would look like a table that is never full. */
  get counts(): UsageCounts | undefined {
    if (this.#samples === 0) return undefined;
    const buckets = UPPER_BOUNDS.map((upTo, i) => ({ upTo, samples: this.#within[i]! }));
    return { buckets, samples: this.#samples, sum: this.#sum };
  }
}

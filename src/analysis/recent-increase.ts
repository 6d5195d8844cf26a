const STEP_MS = 15_000;

/** Growth of a running total over a trailing window; a total that cannot be read for a while leaves its growth where it ends. */
export class RecentIncrease {
  readonly #windowMs: number;
  /** Oldest first; the first is the latest that is as old as the window, if any is. */
  readonly #totals: { readonly atMs: number; readonly total: number }[] = [];
  #now: number | undefined;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  add(total: number, atMs: number): void {
    const last = this.#totals.at(-1);
    if (last === undefined || atMs - last.atMs >= STEP_MS) this.#totals.push({ atMs, total });
    while ((this.#totals[1]?.atMs ?? Number.POSITIVE_INFINITY) <= atMs - this.#windowMs) this.#totals.shift();
    this.#now = total;
  }

  /** Undefined before the first total. */
  get increase(): number | undefined {
    return this.#now === undefined ? undefined : this.#now - this.#totals[0]!.total;
  }

  /** Over the whole window, however long it was watched. */
  get perSecond(): number | undefined {
    return this.increase === undefined ? undefined : this.increase / (this.#windowMs / 1000);
  }
}

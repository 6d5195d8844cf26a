export type TimedValue = { readonly atMs: number; readonly value: number };

/** Highest value of the trailing window. Time expires a peak, not a scrape: two Prometheus replicas may read us. */
export class SlidingMax {
  readonly #windowMs: number;
  readonly #falling: TimedValue[] = []; // oldest first, values strictly falling, so the head is always the peak

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  add(sample: TimedValue): void {
    while ((this.#falling.at(-1)?.value ?? Number.POSITIVE_INFINITY) <= sample.value) this.#falling.pop();
    this.#falling.push(sample);
    this.#expire(sample.atMs);
  }

  /** Undefined when the window holds no sample. */
  peakAt(nowMs: number): number | undefined {
    this.#expire(nowMs);
    return this.#falling[0]?.value;
  }

  #expire(nowMs: number): void {
    while ((this.#falling[0]?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs - this.#windowMs) this.#falling.shift();
  }
}

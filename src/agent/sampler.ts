import { SlidingMax } from '../analysis/table/windows.ts';

/** Does something again and again; the answer ends it. */
export type Every = (intervalMs: number, run: () => void) => () => void;

/** By a plain timer of Node's, which does not make up for ticks it missed. */
export function everyInterval(intervalMs: number, run: () => void): () => void {
  const timer = setInterval(run, intervalMs);
  return () => clearInterval(timer);
}

export type SamplerOptions = {
  readonly intervalMs: number;
  readonly windowMs: number;
  readonly clock: () => number;
  readonly every: Every;
  readonly sample: () => void;
};

/** A plain timer that samples the table, counts the samples and knows how late they were. */
export class Sampler {
  readonly #intervalMs: number;
  readonly #sample: () => void;
  readonly #clock: () => number;
  readonly #every: Every;
  readonly #lateMs: SlidingMax;
  #end: (() => void) | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;
  #samples = 0;

  constructor(options: SamplerOptions) {
    this.#intervalMs = options.intervalMs;
    this.#sample = options.sample;
    this.#clock = options.clock;
    this.#every = options.every;
    this.#lateMs = new SlidingMax(options.windowMs);
  }

  start(): void {
    this.#lastMs = this.#clock();
    this.#end = this.#every(this.#intervalMs, () => this.#tick());
  }

  stop(): void {
    this.#end?.();
  }

  get samples(): number {
    return this.#samples;
  }

  /** The worst of the trailing window; undefined before the first sample. */
  get lagSeconds(): number | undefined {
    const lateMs = this.#lateMs.peakAt(this.#clock());
    return lateMs === undefined ? undefined : lateMs / 1000;
  }

  /** Milliseconds since the last sample. */
  get silentMs(): number {
    return this.#clock() - this.#lastMs;
  }

  #tick(): void {
    const nowMs = this.#clock();
    // A timer does not make up for ticks it missed, so each is due one interval after the one before.
    this.#lateMs.add({ atMs: nowMs, value: Math.max(0, nowMs - this.#lastMs - this.#intervalMs) });
    this.#lastMs = nowMs;
    this.#samples += 1;
    this.#sample();
  }
}

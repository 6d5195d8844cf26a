import { PeakHold } from '../judge/peak-hold.ts';

/** A plain timer that looks at the table, counts its looks and knows how late they were. */
export class Sampler {
  readonly #intervalMs: number;
  readonly #look: () => void;
  readonly #clock: () => number;
  readonly #lateMs: PeakHold;
  #timer: NodeJS.Timeout | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;
  #samples = 0;

  constructor(options: { intervalMs: number; windowMs: number; clock: () => number; look: () => void }) {
    this.#intervalMs = options.intervalMs;
    this.#look = options.look;
    this.#clock = options.clock;
    this.#lateMs = new PeakHold(options.windowMs);
  }

  start(): void {
    this.#lastMs = this.#clock();
    this.#timer = setInterval(() => this.#tick(), this.#intervalMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  get samples(): number {
    return this.#samples;
  }

  /** The worst of the trailing window; undefined before the first sample. */
  get lagSeconds(): number | undefined {
    const lateMs = this.#lateMs.peakAt(this.#clock());
    return lateMs === undefined ? undefined : lateMs / 1000;
  }

  /** Milliseconds since the sampler last looked. */
  get silentMs(): number {
    return this.#clock() - this.#lastMs;
  }

  #tick(): void {
    const nowMs = this.#clock();
    // setInterval does not make up for ticks it missed, so each is due one interval after the one before.
    this.#lateMs.add({ atMs: nowMs, value: Math.max(0, nowMs - this.#lastMs - this.#intervalMs) });
    this.#lastMs = nowMs;
    this.#samples += 1;
    this.#look();
  }
}

import { type Timings, waitAfter } from './timings.ts';

/** Connections that ended early before it is said of the other side that it closes them. One may have been a restart. */
const EARLY_ENDS = 2;

/**
 * When a connection may be opened that carries nothing new, by how the ones before it ended. What closes every connection (a proxy
 * that speaks HTTP/1.0, or keeps nothing alive) must not be given one after the other: each is an entry of the very table that is
 * full, and for a minute or two after its end. New states of alarms are not held up by this.
 */
export class Reopening {
  readonly #timings: Pick<Timings, 'resendMs' | 'retryFirstMs' | 'retryMaxMs'>;
  #earlyEnds = 0;

  constructor(timings: Pick<Timings, 'resendMs' | 'retryFirstMs' | 'retryMaxMs'>) {
    this.#timings = timings;
  }

  /** The other side closes connections: that one is gone says no longer that Alertmanager was restarted. */
  get isClosing(): boolean {
    return this.#earlyEnds >= EARLY_ENDS;
  }

  /** A connection that worked for so long is gone, and it was not we who wanted that. */
  ended(workedMs: number): void {
    this.#earlyEnds = workedMs < this.#timings.resendMs ? this.#earlyEnds + 1 : 0;
  }

  /** A connection has brought an answer, and has worked for so long. */
  answered(workedMs: number): void {
    if (workedMs >= this.#timings.resendMs) this.#earlyEnds = 0;
  }

  /** How long to wait, when the last one was opened so long ago. */
  waitMs(sinceOpenedMs: number): number {
    const gapMs = this.isClosing ? this.#timings.resendMs : waitAfter(this.#earlyEnds, this.#timings, () => 0);
    return Math.max(0, gapMs - sinceOpenedMs);
  }
}

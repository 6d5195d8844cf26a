import type { Timeout } from '../../model/reading.ts';
import { timeoutName } from '../../model/timeout-effect.ts';

type Raise = { readonly from: number; readonly untilMs: number };

/** Remembers which timeouts were raised: an entry keeps the timer that its last packet gave it, for as long as the old timeout at most. */
export class RaisedTimeouts {
  readonly #seconds = new Map<string, number>();
  readonly #raises = new Map<string, Raise>();

  /** By name, the value before, of those raised so lately that entries from before may still be there. */
  at(timeouts: readonly Timeout[], atMs: number): ReadonlyMap<string, number> {
    for (const timeout of timeouts) {
      const name = timeoutName(timeout);
      const before = this.#seconds.get(name);
      this.#seconds.set(name, timeout.seconds);
      if (before === undefined || before >= timeout.seconds) continue;
      const from = Math.max(before, this.#raises.get(name)?.from ?? 0);
      this.#raises.set(name, { from, untilMs: atMs + from * 1000 });
    }
    for (const [name, { untilMs }] of this.#raises) if (atMs >= untilMs) this.#raises.delete(name);
    return new Map(Array.from(this.#raises, ([name, { from }]) => [name, from]));
  }
}

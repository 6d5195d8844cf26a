/** A `Date` header holds whole seconds, and a server may write one that it made a moment ago. */
const DATE_STEP_MS = 1000;
const DATE_AGE_MS = 1000;
/** How far two clocks that are set by NTP may be apart, where no `Date` tells. */
const UNMEASURED_MS = 1000;

/** One answer: the `Date` in it, milliseconds since the epoch, and when the request went out and the answer had come, monotonic. */
export type DatedAnswer = { readonly dateMs: number; readonly sentMs: number; readonly receivedMs: number };

/**
 * What time it is for one Alertmanager, told by the `Date` of its answers. Alertmanager decides by its own clock whether an alert has
 * ended, so on a node that is two minutes behind an alert that lives for two minutes would be over when it arrives, and on one
 * that is an hour ahead it would outlive its agent by an hour.
 *
 * To leave `endsAt` out would take no clock, but then its `resolve_timeout` decides, which we do not know: nobody could tell any more
 * who else keeps an alert (held.ts), and a node that died would keep its alert for 5 min or whatever is set there.
 *
 * Held against the monotonic clock: a wall clock that is put right between two answers changes nothing. Without a `Date` the
 * node's wall clock is all there is.
 */
export class ServerClock {
  readonly #clock: () => number;
  readonly #wallClock: () => number;
  /** Its wall clock when the monotonic one stood at 0. */
  #zeroMs: number | undefined;
  /** The earliest that this can be, after the last answer. */
  #earliestZeroMs: number | undefined;
  #offsetMs = 0;

  constructor({ clock, wallClock }: { readonly clock: () => number; readonly wallClock: () => number }) {
    this.#clock = clock;
    this.#wallClock = wallClock;
  }

  /** Its wall clock at a monotonic instant. */
  wallMsAt(monotonicMs: number): number {
    return monotonicMs + (this.#zeroMs ?? this.#ownZeroMs());
  }

  /**
   * The same, and in no case later than it was. What is to end an alert must not be ahead of Alertmanager's clock, not by a
   * millisecond: then it ends nothing, and the end claimed before stands (types/types.go, Alert.Merge).
   */
  surelyPastMsAt(monotonicMs: number): number {
    return monotonicMs + (this.#earliestZeroMs ?? this.#ownZeroMs() - UNMEASURED_MS);
  }

  /** What to add to a time that the node's wall clock told. Held still while it is right within a second: it is part of what is posted. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  /**
   * The answer was written between the two instants, however long it was on its way. What we believe stands as long as the answer
   * does not contradict it, so a clock that is right stays exactly what the node says.
   */
  measure({ dateMs, sentMs, receivedMs }: DatedAnswer): void {
    const earliestMs = dateMs - receivedMs;
    const latestMs = dateMs + DATE_STEP_MS - sentMs;
    const believedMs = this.#zeroMs ?? this.#ownZeroMs();
    const isPossible = believedMs >= earliestMs && believedMs <= latestMs + DATE_AGE_MS;
    this.#earliestZeroMs = earliestMs;
    this.#zeroMs = isPossible ? believedMs : (earliestMs + latestMs) / 2;
    const offsetMs = this.#zeroMs - this.#ownZeroMs();
    if (Math.abs(offsetMs - this.#offsetMs) > DATE_STEP_MS) this.#offsetMs = Math.round(offsetMs);
  }

  #ownZeroMs(): number {
    return this.#wallClock() - this.#clock();
  }
}

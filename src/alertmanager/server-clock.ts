/** A `Date` header holds whole seconds, and a server may write one that it made a moment ago. */
const DATE_STEP_MS = 1000;
const DATE_AGE_MS = 1000;
/** How far two clocks that are set by NTP may differ, where there is no `Date`. */
const UNMEASURED_MS = 1000;

/** One answer: the `Date` in it, milliseconds since the epoch, and when the request went out and the answer had come, monotonic. */
export type DatedAnswer = { readonly dateMs: number; readonly sentMs: number; readonly receivedMs: number };

/**
 * The clock of one Alertmanager, known from the `Date` of its answers. Alertmanager decides by its own clock whether an alert has
 * ended, so on a node that is two minutes behind an alert that lives for two minutes would be over when it arrives, and on one
 * that is an hour ahead it would outlive its agent by an hour.
 *
 * Without `endsAt` no clock would be needed, but then Alertmanager's `resolve_timeout` decides, which is not known here: whether
 * another sender keeps an alert (`heldByOthers`) could not be found out, and the alert of a dead node would stay for 5 min or more.
 *
 * It is measured against the monotonic clock, so that a step of the node's wall clock between two answers changes nothing.
 * Without a `Date` the node's wall clock is used.
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
   * The same, and certainly not later. An `endsAt` that is ahead of Alertmanager's clock, even by a millisecond, does not
   * resolve the alert: the end that was posted before stays (types/types.go, Alert.Merge).
   */
  surelyPastMsAt(monotonicMs: number): number {
    return monotonicMs + (this.#earliestZeroMs ?? this.#ownZeroMs() - UNMEASURED_MS);
  }

  /** What to add to a time of the node's wall clock. It does not change while it is right within a second, because it is part of `startsAt`. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  /**
   * The answer was written between the two instants, however long it was on its way. The present estimate stays as long as the
   * answer does not contradict it, so a node whose clock is right keeps using exactly its own time.
   */
  measure({ dateMs, sentMs, receivedMs }: DatedAnswer): void {
    const earliestMs = dateMs - receivedMs;
    const latestMs = dateMs + DATE_STEP_MS - sentMs;
    const estimateMs = this.#zeroMs ?? this.#ownZeroMs();
    const isPossible = estimateMs >= earliestMs && estimateMs <= latestMs + DATE_AGE_MS;
    this.#earliestZeroMs = earliestMs;
    this.#zeroMs = isPossible ? estimateMs : (earliestMs + latestMs) / 2;
    const offsetMs = this.#zeroMs - this.#ownZeroMs();
    if (Math.abs(offsetMs - this.#offsetMs) > DATE_STEP_MS) this.#offsetMs = Math.round(offsetMs);
  }

  #ownZeroMs(): number {
    return this.#wallClock() - this.#clock();
  }
}

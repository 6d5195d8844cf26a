import type { AlarmId } from '../model/alarms.ts';
import { type AlarmStatus, isFiring, type Status } from '../model/status.ts';

/** One alarm that is raised or has cleared not long ago. */
export type Entry = {
  readonly alarm: AlarmId;
  /** Grows with each change of any alarm, so that a receiver knows what it has not been told yet. */
  readonly version: number;
  readonly isRaised: boolean;
  /** Raised still, but on nothing that can be seen now. */
  readonly isResolving: boolean;
  /** Wall clock, milliseconds. Held still while raised: Alertmanager takes another start for another alert. */
  readonly startedWallMs: number;
  /** Monotonic: when the evidence was last seen to stand, or when the alarm was seen to have cleared. */
  readonly seenMs: number;
};

/**
 * The newest state of each alarm, never its history: what nobody could be told is overwritten, so that memory is bounded
 * and whoever returns learns what is true now. A blind judge changes nothing here: what was raised is left to lapse.
 */
export class AlertStates {
  readonly #wallClock: () => number;
  readonly #entries = new Map<AlarmId, Entry>();
  #version = 0;

  constructor(wallClock: () => number) {
    this.#wallClock = wallClock;
  }

  get entries(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  /** Whether an alarm was raised, has cleared or burns up again in its calm. */
  observe({ alarms, atMs }: Pick<Status, 'alarms' | 'atMs'>): boolean {
    const before = this.#version;
    let firesAgain = false;
    for (const [alarm, seen] of alarms) {
      const entry = this.#entries.get(alarm);
      if (isFiring(seen)) this.#entries.set(alarm, this.#raised(alarm, entry, seen, atMs));
      else if (entry?.isRaised) {
        const cleared = { isRaised: false, isResolving: false, version: ++this.#version, seenMs: atMs };
        this.#entries.set(alarm, { ...entry, ...cleared });
      }
      firesAgain ||= entry?.isResolving === true && seen.state === 'firing';
    }
    return firesAgain || this.#version !== before;
  }

  #raised(alarm: AlarmId, entry: Entry | undefined, seen: AlarmStatus, atMs: number): Entry {
    const isResolving = seen.state === 'resolving';
    const sinceMs = seen.firingSinceMs ?? atMs;
    if (entry?.isRaised) return { ...entry, isResolving, seenMs: isResolving ? entry.seenMs : atMs };
    const startedWallMs = this.#wallClock() - (atMs - sinceMs);
    return { alarm, isRaised: true, isResolving, version: ++this.#version, startedWallMs, seenMs: atMs };
  }
}

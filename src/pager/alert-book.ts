import type { AlarmName } from '../judge/alarm.ts';
import type { Status } from '../judge/table-judge.ts';

/** One alarm that is raised or has cleared not long ago. */
export type Entry = {
  readonly alarm: AlarmName;
  /** Grows with each change of any alarm, so that a receiver knows what it has not been told yet. */
  readonly version: number;
  readonly isRaised: boolean;
  /** Wall clock, milliseconds. Held still while raised: Alertmanager takes another start for another alert. */
  readonly startedWallMs: number;
  /** Monotonic: when the alarm was last seen raised, or when it was seen to have cleared. */
  readonly seenMs: number;
};

/**
 * The newest state of each alarm, never its history: what nobody could be told is overwritten, so that memory is bounded
 * and whoever returns learns what is true now. A blind judge changes nothing here: what was raised is left to lapse.
 */
export class AlertBook {
  readonly #wallClock: () => number;
  readonly #entries = new Map<AlarmName, Entry>();
  #version = 0;

  constructor(wallClock: () => number) {
    this.#wallClock = wallClock;
  }

  get entries(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  /** Whether an alarm was raised or has cleared since the last time. */
  observe({ alarms, atMs }: Pick<Status, 'alarms' | 'atMs'>): boolean {
    const before = this.#version;
    for (const [alarm, { isRaised, sinceMs = atMs }] of alarms ?? []) {
      const entry = this.#entries.get(alarm);
      if (isRaised) this.#seeRaised(alarm, entry, sinceMs, atMs);
      else if (entry?.isRaised) {
        this.#entries.set(alarm, { ...entry, isRaised, version: ++this.#version, seenMs: atMs });
      }
    }
    return this.#version !== before;
  }

  #seeRaised(alarm: AlarmName, entry: Entry | undefined, sinceMs: number, atMs: number): void {
    const isNew = !entry?.isRaised;
    this.#entries.set(alarm, {
      alarm,
      isRaised: true,
      version: isNew ? ++this.#version : entry.version,
      startedWallMs: isNew ? this.#wallClock() - (atMs - sinceMs) : entry.startedWallMs,
      seenMs: atMs,
    });
  }
}

import { type AlarmId, alarmRow } from '../model/alarms.ts';
import { type AlarmStatus, isFiring, type Status } from '../model/status.ts';
import type { Alert } from './alert.ts';
import type { Timings } from './timings.ts';

/** One alarm that is raised, or was raised and has cleared. */
export type AlertState = {
  readonly alarm: AlarmId;
  /** Grows with each change of any alarm, which shows what an Alertmanager has not been sent yet. */
  readonly version: number;
  readonly isRaised: boolean;
  /** Raised still, although the alarm's condition is not met now. */
  readonly isResolving: boolean;
  /** Wall clock, milliseconds. Kept while raised: Alertmanager takes an alert with another start for another alert. */
  readonly startedWallMs: number;
  /** Monotonic: when the condition was last seen to be met, or when the alarm was seen to have cleared. */
  readonly seenMs: number;
};

/**
 * The newest state of each alarm, without its history: a state that could not be sent is overwritten by the next one, so that
 * memory is bounded and an Alertmanager that returns is sent what is true now. While there is no data nothing changes here:
 * an alert that was raised ends by itself, because it is not posted any more.
 */
export class AlertStates {
  readonly #wallClock: () => number;
  readonly #states = new Map<AlarmId, AlertState>();
  #version = 0;

  constructor(wallClock: () => number) {
    this.#wallClock = wallClock;
  }

  get all(): readonly AlertState[] {
    return [...this.#states.values()];
  }

  /** Whether an alarm was raised, has cleared, or fires again while it was resolving. */
  observe({ alarms, atMs }: Pick<Status, 'alarms' | 'atMs'>): boolean {
    const before = this.#version;
    let firesAgain = false;
    for (const [alarm, seen] of alarms) {
      const state = this.#states.get(alarm);
      if (isFiring(seen)) this.#states.set(alarm, this.#raised(alarm, state, seen, atMs));
      else if (state?.isRaised) {
        const cleared = { isRaised: false, isResolving: false, version: ++this.#version, seenMs: atMs };
        this.#states.set(alarm, { ...state, ...cleared });
      }
      firesAgain ||= state?.isResolving === true && seen.state === 'firing';
    }
    return firesAgain || this.#version !== before;
  }

  #raised(alarm: AlarmId, state: AlertState | undefined, seen: AlarmStatus, atMs: number): AlertState {
    const isResolving = seen.state === 'resolving';
    const sinceMs = seen.firingSinceMs ?? atMs;
    if (state?.isRaised) return { ...state, isResolving, seenMs: isResolving ? state.seenMs : atMs };
    const startedWallMs = this.#wallClock() - (atMs - sinceMs);
    return { alarm, isRaised: true, isResolving, version: ++this.#version, startedWallMs, seenMs: atMs };
  }
}

/** The last post of an alarm's state to one Alertmanager. */
type Post = {
  readonly version: number;
  readonly atMs: number;
  readonly isAccepted: boolean;
  /** Alertmanager may have been restarted since, and it keeps alerts in memory only. */
  readonly mayBeLost: boolean;
};

/** What one Alertmanager has been sent, and what it is to be sent next. */
export class DueAlerts {
  readonly #states: AlertStates;
  readonly #timings: Timings;
  readonly #posts = new Map<AlarmId, Post>();
  readonly #latestEnds = new Map<AlarmId, number>();

  constructor(states: AlertStates, timings: Timings) {
    this.#states = states;
    this.#timings = timings;
  }

  due(nowMs: number): readonly AlertState[] {
    return this.#states.all.filter((state) => this.#isDue(state, nowMs));
  }

  /** Warnings whose condition is met. */
  firingWarnings(nowMs: number): readonly AlertState[] {
    return this.#states.all.filter(({ alarm, isRaised, isResolving, seenMs }) => {
      const isFresh = nowMs - seenMs < this.#timings.lifeMs;
      return isRaised && !isResolving && isFresh && alarmRow(alarm).severity === 'warning';
    });
  }

  recordPosted(states: readonly AlertState[], atMs: number, isAccepted: boolean): void {
    for (const { alarm, version } of states) this.#posts.set(alarm, { version, atMs, isAccepted, mayBeLost: false });
  }

  /** Has the present states posted once more, except those that are resolving. */
  postAgain(): void {
    for (const [alarm, post] of this.#posts) this.#posts.set(alarm, { ...post, mayBeLost: true });
  }

  /** The latest end that was posted for this alarm while it was raised, milliseconds since the epoch, accepted or not. */
  latestEndOf(alarm: AlarmId): number {
    return this.#latestEnds.get(alarm) ?? Number.NEGATIVE_INFINITY;
  }

  /** Records the ends of the alerts that these states are posted as. */
  recordEnds(states: readonly AlertState[], alerts: readonly Alert[]): void {
    for (const [i, { alarm, isRaised }] of states.entries()) {
      if (isRaised) this.#latestEnds.set(alarm, Math.max(Date.parse(alerts[i]!.endsAt), this.latestEndOf(alarm)));
    }
  }

  /** Whether Alertmanager refused the present state of an alarm that is still to be posted. It may still accept empty lists. */
  isRefusedAt(nowMs: number): boolean {
    return this.#states.all.some((state) => {
      const post = this.#posts.get(state.alarm);
      return post?.version === state.version && !post.isAccepted && !this.#isOver(state, nowMs);
    });
  }

  /**
   * Not posted any more. Whether a raised alarm still fires is not known when its condition was not seen to be met for the life
   * of an alert: it is resolving, or there is no data.
   */
  #isOver({ isRaised, seenMs }: AlertState, nowMs: number): boolean {
    const { lifeMs, keepClearedMs } = this.#timings;
    return nowMs - seenMs >= (isRaised ? lifeMs : keepClearedMs);
  }

  #isDue(state: AlertState, nowMs: number): boolean {
    const { alarm, version, isRaised, isResolving } = state;
    const { resendMs, refusedMs } = this.#timings;
    if (this.#isOver(state, nowMs)) return false;
    const post = this.#posts.get(alarm);
    if (post?.version !== version) return true;
    if (!post.isAccepted) return post.mayBeLost || nowMs - post.atMs >= refusedMs;
    // A post now would raise again an alert that a Prometheus has resolved meanwhile, although the condition is not met.
    if (isResolving) return false;
    return post.mayBeLost || (isRaised && nowMs - post.atMs >= resendMs);
  }
}

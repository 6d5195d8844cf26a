import { type AlarmId, alarmRow } from '../model/alarms/alarms.ts';
import { type AlarmStatus, isFiring, type Status } from '../model/status.ts';
import { type Answer, outcomeOf } from './delivery.ts';
import { describeAnswer } from './delivery-problem.ts';
import type { Timings } from './timings.ts';

/** Labels every direct alert has; `--alertmanager.external-label` may add others but not replace these. */
export const OWN_LABELS = ['alertname', 'node', 'severity'] as const;

/** One alert of Alertmanager's API v2 (api/v2/openapi.yaml, postableAlert). Times are ISO 8601. */
export type Alert = {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
};

/** An alert that an Alertmanager lists (gettableAlert): the members that are used here. */
type ListedAlert = Pick<Alert, 'labels' | 'endsAt'>;

/** An alert that is to be resolved, and the latest end that the agent has posted for it, milliseconds since the epoch. */
type ClearedAlert = { readonly alert: Alert; readonly latestEndWallMs: number };

/** Alertmanager keeps the milliseconds of `endsAt`; other servers with its API may keep whole seconds. */
const SLACK_MS = 1000;

/**
 * The alerts that another sender keeps alive in an Alertmanager: they end later than any end that the agent has posted. The
 * last post that ends an alert ends it for all senders (types/types.go, Alert.Merge), so the agent does not resolve what a
 * Prometheus still sees firing: Prometheus would raise it again within the minute. Rejects when the query is not answered.
 */
export async function heldByOthers<C extends ClearedAlert>(
  cleared: readonly C[],
  ask: (query: string) => Promise<Answer>,
): Promise<readonly C[]> {
  const answer = await ask(queryFor(cleared.map(({ alert }) => alert)));
  if (outcomeOf(answer) !== 'delivered') throw new Error(describeAnswer(answer));
  const listed = parseAlerts(answer.text);
  return cleared.filter(({ alert, latestEndWallMs }) =>
    listed.some((other) => isSame(other, alert) && Date.parse(other.endsAt) > latestEndWallMs + SLACK_MS),
  );
}

/** Query of `GET /api/v2/alerts` for these alerts, at least one, also where they are silenced or inhibited. */
function queryFor(alerts: readonly ListedAlert[]): string {
  const names = alerts.map(({ labels }) => labels['alertname']!);
  const common = Object.entries(alerts[0]!.labels).filter(
    ([name, value]) => name !== 'alertname' && alerts.every(({ labels }) => labels[name] === value),
  );
  const query = new URLSearchParams({ active: 'true', silenced: 'true', inhibited: 'true', unprocessed: 'true' });
  for (const [name, value] of common) query.append('filter', `${name}="${escaped(value)}"`);
  query.append('filter', `alertname=~"${names.join('|')}"`);
  return `?${query}`;
}

/** The answer to such a query. @throws SyntaxError where it is no list of alerts */
function parseAlerts(text: string): readonly ListedAlert[] {
  const list: unknown = JSON.parse(text);
  if (Array.isArray(list) && list.every(isListedAlert)) return list;
  throw new SyntaxError('Cannot parse the answer of Alertmanager: it is no list of alerts');
}

/** Whether both are the same alert: labels are the identity of an alert. */
function isSame({ labels: a }: ListedAlert, { labels: b }: ListedAlert): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function isListedAlert(value: unknown): value is ListedAlert {
  const { labels, endsAt } = (value ?? {}) as Partial<ListedAlert>;
  return typeof labels === 'object' && labels !== null && !Number.isNaN(Date.parse(String(endsAt)));
}

/** A label value inside a matcher, with the three escapes that Alertmanager knows (pkg/labels/parse.go). */
function escaped(value: string): string {
  return value.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n');
}

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

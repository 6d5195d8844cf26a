import type { AlarmId } from '../model/alarms.ts';
import type { Alert } from './alert.ts';
import type { AlertStates, Entry } from './alert-states.ts';
import type { Timings } from './timings.ts';

/** What an Alertmanager was last told of an alarm. */
type Told = {
  readonly version: number;
  readonly atMs: number;
  readonly isAccepted: boolean;
  /** It may have been restarted since, and alerts are in its memory only. */
  readonly isForgotten: boolean;
};

/** What one Alertmanager has been told, and what it is to be told next. */
export class DueAlerts {
  readonly #book: AlertStates;
  readonly #timings: Timings;
  readonly #told = new Map<AlarmId, Told>();
  readonly #claims = new Map<AlarmId, number>();

  constructor(book: AlertStates, timings: Timings) {
    this.#book = book;
    this.#timings = timings;
  }

  due(nowMs: number): readonly Entry[] {
    return this.#book.entries.filter((entry) => this.#isDue(entry, nowMs));
  }

  tell(entries: readonly Entry[], atMs: number, isAccepted: boolean): void {
    for (const { alarm, version } of entries) this.#told.set(alarm, { version, atMs, isAccepted, isForgotten: false });
  }

  forget(): void {
    for (const [alarm, told] of this.#told) this.#told.set(alarm, { ...told, isForgotten: true });
  }

  /** The latest end that was ever posted for it while it was raised, milliseconds since the epoch, accepted or not. */
  claimOf(alarm: AlarmId): number {
    return this.#claims.get(alarm) ?? Number.NEGATIVE_INFINITY;
  }

  /** Notes the ends of the alerts that these entries are posted as. */
  claim(entries: readonly Entry[], alerts: readonly Alert[]): void {
    for (const [i, { alarm, isRaised }] of entries.entries()) {
      if (isRaised) this.#claims.set(alarm, Math.max(Date.parse(alerts[i]!.endsAt), this.claimOf(alarm)));
    }
  }

  /** Whether it refused the present state of an alarm. It may still take empty lists. */
  get isRefused(): boolean {
    return this.#book.entries.some(({ alarm, version }) => {
      const told = this.#told.get(alarm);
      return told?.version === version && !told.isAccepted;
    });
  }

  #isDue({ alarm, version, isRaised, isResolving, seenMs }: Entry, nowMs: number): boolean {
    const { lifeMs, keepClearedMs, resendMs, refusedMs } = this.#timings;
    // A raised alarm that was not seen to stand for as long as an alert lives is not known to burn: it has calmed, or the
    // judge is blind.
    if (nowMs - seenMs >= (isRaised ? lifeMs : keepClearedMs)) return false;
    const told = this.#told.get(alarm);
    if (told?.version !== version) return true;
    if (!told.isAccepted) return told.isForgotten || nowMs - told.atMs >= refusedMs;
    // To assert what does not stand would raise again what a Prometheus has resolved meanwhile.
    if (isResolving) return false;
    return told.isForgotten || (isRaised && nowMs - told.atMs >= resendMs);
  }
}

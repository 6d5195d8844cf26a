/** Fresh enough for a person, and old enough that a hundred who ask on and on cost no more than five a second. */
const KEPT_MS = 200;
/** Of one route: the status has one, the history one for each number of minutes asked for. */
const KEYS_MAX = 4;

/** Keeps what was made for a fraction of a second. Nothing is kept while nobody asks. */
export class BriefCache<T> {
  readonly #kept = new Map<string, T>();

  get(key: string, make: () => T): T {
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const made = make();
    if (this.#kept.size >= KEYS_MAX) return made;
    this.#kept.set(key, made);
    setTimeout(() => this.#kept.delete(key), KEPT_MS).unref();
    return made;
  }
}

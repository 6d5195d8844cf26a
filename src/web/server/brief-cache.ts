/** Short enough for a person, and long enough that a hundred clients that ask all the time cost no more than five answers a second. */
const KEPT_MS = 200;
/** Most keys of one route: the status has one, the history one for each number of minutes asked for. */
const KEYS_MAX = 4;

/** Keeps an answer for a fraction of a second. Nothing is kept while there are no requests. */
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

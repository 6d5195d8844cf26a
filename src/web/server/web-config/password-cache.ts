import { createHmac, randomBytes } from 'node:crypto';

/** As many users, or mistyped passwords, as one agent ever sees. */
const CAPACITY = 64;

export type Credentials = { readonly user: string; readonly password: string };

/**
 * What bcrypt said of credentials before. They are kept as a keyed digest, with a key nobody else has: a dump of the
 * memory tells no password. Good and bad apart, so that a flood of guesses does not push out a scraper.
 */
export class PasswordCache {
  readonly #key = randomBytes(32);
  readonly #good = new Map<string, true>(); // the latest used last
  readonly #bad = new Map<string, true>();

  /** The hash is part of it: after a change of the file nothing of the old one counts. */
  digestOf({ user, password }: Credentials, hash: string): string {
    const text = JSON.stringify([user, hash, password]);
    return createHmac('sha256', this.#key).update(text).digest('base64');
  }

  recall(digest: string): boolean | undefined {
    for (const [passwordCache, isRight] of [
      [this.#good, true],
      [this.#bad, false],
    ] as const) {
      if (!passwordCache.delete(digest)) continue;
      passwordCache.set(digest, true);
      return isRight;
    }
    return undefined;
  }

  remember(digest: string, isRight: boolean): void {
    const passwordCache = isRight ? this.#good : this.#bad;
    passwordCache.set(digest, true);
    if (passwordCache.size > CAPACITY) passwordCache.delete(passwordCache.keys().next().value!);
  }
}

import type { ServerResponse } from 'node:http';
import type { Users } from './web-config.ts';

/** Whose password was right, and the hash it was compared with. */
export type Admission = { readonly user: string; readonly hash: string };

/**
 * Answers that are under way. That of the event stream lasts as long as its reader wants, and so may outlast the password it
 * was given for.
 */
export class OngoingAnswers {
  readonly #admissions = new Map<ServerResponse, Admission | undefined>();

  /** @param admission undefined where no password was needed */
  add(res: ServerResponse, admission: Admission | undefined): void {
    this.#admissions.set(res, admission);
    res.once('close', () => this.#admissions.delete(res));
  }

  /** Breaks off those that go on and would be refused now. One that is complete goes out: a renewed password costs no scrape. */
  revoke(users: Users): void {
    for (const [res, admission] of this.#admissions) {
      const goesOn = res.headersSent && !res.writableEnded;
      if (goesOn && !isAdmittedNow(users, admission)) res.destroy();
    }
  }
}

/** A user whose password has changed is no longer the one that was admitted. */
export function isAdmittedNow(users: Users, admission: Admission | undefined): boolean {
  if (users.size === 0) return true;
  return admission !== undefined && users.get(admission.user) === admission.hash;
}

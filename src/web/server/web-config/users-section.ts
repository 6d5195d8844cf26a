/** `basic_auth_users`. */
import type { Section } from './section.ts';

/** Name to bcrypt hash, as bcryptjs knows them. */
export type Users = ReadonlyMap<string, string>;

/**
 * 2^15 rounds take 2.5 s. More would keep the only place at the door occupied for longer than a scrape may last.
 * `htpasswd -B` makes `$2y$`, which is what others call `$2b$`; `$2x$` is the one with the bug.
 */
const HASH = /^\$2[aby]\$(0[4-9]|1[0-5])(\$[./A-Za-z0-9]{53})$/;

export function readUsers(section: Section): Users {
  const users = new Map<string, string>();
  for (const name of section.keys()) {
    if (name === '' || name.includes(':')) section.problem(name, 'expected a user name without ":"');
    const hash = section.takeSecret(name, 'a bcrypt hash of cost 4 to 15, as htpasswd -nBC 10 makes it', asHash);
    if (hash !== undefined) users.set(name, hash);
  }
  return users;
}

function asHash(value: unknown): string | undefined {
  const [, cost, rest] = (typeof value === 'string' && HASH.exec(value)) || [];
  return cost === undefined ? undefined : `$2b$${cost}${rest}`;
}

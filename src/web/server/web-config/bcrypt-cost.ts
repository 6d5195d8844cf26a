/** How much work a bcrypt hash is: 2^cost rounds. Hashes are as `users-section.ts` reads them, `$2b$10$...`. */
import type { Users } from './users-section.ts';

const DEFAULT_COST = 10;

/** A hash that no password has. Its cost is put in. */
const DUMMY = '$2b$10$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui';

export function costOf(hash: string): number {
  return Number(hash.slice(4, 6));
}

export function highestCostOf(users: Users): number {
  return users.size === 0 ? DEFAULT_COST : Math.max(...Array.from(users.values(), costOf));
}

export function dummyHash(cost: number): string {
  return `$2b$${String(cost).padStart(2, '0')}${DUMMY.slice(6)}`;
}

/**
 * Costs of further comparisons that make one of `cost` as much work as one of `highest`: 2^c + (2^c + ... + 2^(h-1)) = 2^h.
 * Giving each unknown name one of the costs in use instead would tell: asked on a second agent with the same users, or after
 * a user was added, an unknown name may have another cost than before, and a user never has.
 */
export function paddingCosts(cost: number, highest: number): number[] {
  return Array.from({ length: Math.max(0, highest - cost) }, (_, i) => cost + i);
}

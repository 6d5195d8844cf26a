import { setImmediate as yieldLoop } from 'node:timers/promises';
import { compare, hashSync } from 'bcryptjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { PasswordCheck } from '../../../src/web/auth/password-check.ts';

const users = new Map([
  ['alice', hashSync('right', 4)],
  ['bob', hashSync('other', 6)],
]);
const cheap = new Map([['alice', hashSync('right', 4)]]);
const ALICE = { user: 'alice', password: 'right' };
/** Alice's own hash, and what makes it as much work as Bob's. */
const WRONG_ALICE = [4, 4, 5];
const guess = (i: number) => ({ user: 'alice', password: `wrong ${i}` });

/** With the costs of all comparisons that were made. */
function checkWithCosts() {
  const costs: number[] = [];
  const check = new PasswordCheck(
    () => 0,
    (password, hash) => {
      costs.push(Number(hash.slice(4, 6)));
      return compare(password, hash);
    },
  );
  return { check, costs };
}

describe('PasswordCheck', () => {
  it('knows right from wrong', async () => {
    const { check } = checkWithCosts();
    expect(await check.ask(users, ALICE, 'a')).toBe('right');
    expect(await check.ask(users, guess(1), 'a')).toBe('wrong');
    expect(await check.ask(users, { user: 'alice', password: '' }, 'a')).toBe('wrong');
  });

  it('computes once for the same credentials, whatever the result', async () => {
    const { check, costs } = checkWithCosts();
    await Promise.all([check.ask(users, ALICE, 'a'), check.ask(users, ALICE, 'b')]);
    expect(check.ask(users, ALICE, 'c')).toBe('right');
    await check.ask(users, guess(1), 'a');
    expect(check.ask(users, guess(1), 'a')).toBe('wrong');
    expect(costs).toEqual([4, ...WRONG_ALICE]);
  });

  it('does as much work for each wrong name, known at any cost or unknown, and no more than needed for a right one', async () => {
    const rounds = async (user: string, password: string) => {
      const { check, costs } = checkWithCosts();
      await check.ask(users, { user, password }, 'a');
      return costs.reduce((sum, cost) => sum + 2 ** cost, 0);
    };
    expect(await rounds('alice', 'wrong')).toBe(2 ** 6);
    expect(await rounds('bob', 'wrong')).toBe(2 ** 6);
    expect(await rounds('mallory', 'right')).toBe(2 ** 6);
    expect(await rounds('alice', 'right')).toBe(2 ** 4);
  });

  it('forgets a result with the hash it was made with', async () => {
    const { check } = checkWithCosts();
    await check.ask(users, ALICE, 'a');
    const changed = new Map([['alice', hashSync('new', 4)]]);
    expect(await check.ask(changed, ALICE, 'a')).toBe('wrong');
    expect(await check.ask(new Map([['bob', hashSync('x', 4)]]), ALICE, 'a')).toBe('wrong');
  });

  it('lets two of one origin wait besides the one that is checked, and sixteen in all', async () => {
    const { check } = checkWithCosts();
    const ask = (origin: string, i: number) => check.ask(users, guess(i), origin);
    const ofOne = Array.from({ length: 9 }, (_, i) => ask('a', i));
    const ofOthers = Array.from({ length: 40 }, (_, i) => ask(`other ${Math.floor(i / 2)}`, 100 + i));
    const [one, others] = [await Promise.all(ofOne), await Promise.all(ofOthers)];
    expect(one[0]).toBe('wrong');
    expect(one.filter((answer) => answer === 'busy').length).toBeGreaterThanOrEqual(6);
    expect([...one, ...others].filter((answer) => answer === 'wrong')).toHaveLength(17);
    expect(check.ask(users, guess(999), 'z')).toBeInstanceOf(Promise);
  });

  it('still knows a scraper after thousands of guesses', async () => {
    const { check } = checkWithCosts();
    await check.ask(users, ALICE, 'scraper');
    for (let i = 0; i < 200; i++) await check.ask(users, guess(i), 'a');
    expect(check.ask(users, ALICE, 'scraper')).toBe('right');
  });
});

/** Addresses that each keep three guesses under way, however they are answered, until the test is over; how many they have made. */
function startGuessing(check: PasswordCheck, origins: readonly string[]): () => number {
  let guesses = 0;
  let isDone = false;
  const guessOn = async (origin: string) => {
    while (!isDone) {
      await check.ask(cheap, guess(guesses++), origin);
      await yieldLoop();
    }
  };
  for (const origin of origins) for (let i = 0; i < 3; i += 1) void guessOn(origin);
  onTestFinished(() => {
    isDone = true;
  });
  return () => guesses;
}

const addresses = (count: number, prefix: string) => Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);

describe('PasswordCheck while many addresses guess', () => {
  it.each([
    ['eight addresses', addresses(8, '192.0.2.')],
    ['a hundred addresses', addresses(100, '192.0.2.')],
    ['a hundred networks', Array.from({ length: 100 }, (_, i) => `2001:db8:${i}:1`)],
  ])('checks a right client that is new at its first try, while %s guess', async (_who, origins) => {
    const check = new PasswordCheck(() => 0);
    for (const [i, origin] of origins.entries()) await check.ask(cheap, guess(1e6 + i), origin);
    const guesses = startGuessing(check, origins);
    for (let i = 0; i < 10; i += 1) {
      const before = guesses();
      await vi.waitUntil(() => guesses() > before + origins.length, { timeout: 10_000, interval: 1 }); // Else it would take the very place that its last answer left.
      const renewed = new Map([['alice', hashSync('right', 4)]]);
      expect(await check.ask(renewed, ALICE, '198.51.100.7')).toBe('right');
    }
  });

  it('lets it in from the beginning, when they are no more than fit with one guess each', async () => {
    const check = new PasswordCheck(() => 0);
    startGuessing(check, addresses(15, '192.0.2.'));
    expect(await check.ask(cheap, ALICE, '198.51.100.7')).toBe('right');
  });

  it('prefers a network where nobody guesses to fresh addresses of one where many do', async () => {
    const check = new PasswordCheck(() => 0);
    for (let i = 0; i < 20; i += 1) await check.ask(cheap, guess(i), `192.0.2.${i}`);
    const fresh = Array.from({ length: 40 }, (_, i) => check.ask(cheap, guess(100 + i), `192.0.2.${100 + i}`));
    const mistyped = await Promise.all([
      check.ask(cheap, guess(200), '198.51.100.7'),
      check.ask(cheap, ALICE, '198.51.100.7'),
    ]);
    expect(mistyped).toEqual(['wrong', 'right']);
    expect((await Promise.all(fresh)).filter((answer) => answer === 'wrong').length).toBeLessThan(20);
  });
});

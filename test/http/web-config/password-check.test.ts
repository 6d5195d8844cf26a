import { hashSync } from 'bcryptjs';
import { describe, expect, it } from 'vitest';
import { PasswordCheck } from '../../../src/http/web-config/password-check.ts';

const users = new Map([
  ['alice', hashSync('right', 4)],
  ['bob', hashSync('other', 6)],
]);
const ALICE = { user: 'alice', password: 'right' };
const guess = (i: number) => ({ user: 'alice', password: `wrong ${i}` });

/** A clock that says how often it was asked: twice for each check. */
function checkWithCount() {
  let asked = 0;
  const check = new PasswordCheck(() => {
    asked++;
    return 0;
  });
  return { check, checks: () => asked / 2 };
}

describe('PasswordCheck', () => {
  it('knows right from wrong', async () => {
    const { check } = checkWithCount();
    expect(await check.ask(users, ALICE, 'a')).toBe('right');
    expect(await check.ask(users, guess(1), 'a')).toBe('wrong');
    expect(await check.ask(users, { user: 'alice', password: '' }, 'a')).toBe('wrong');
  });

  it('computes once for the same credentials, whatever the verdict', async () => {
    const { check, checks } = checkWithCount();
    await Promise.all([check.ask(users, ALICE, 'a'), check.ask(users, ALICE, 'b')]);
    expect(check.ask(users, ALICE, 'c')).toBe('right');
    await check.ask(users, guess(1), 'a');
    expect(check.ask(users, guess(1), 'a')).toBe('wrong');
    expect(checks()).toBe(2);
  });

  it('computes for a user there is not, too', async () => {
    const { check, checks } = checkWithCount();
    expect(await check.ask(users, { user: 'mallory', password: 'right' }, 'a')).toBe('wrong');
    expect(checks()).toBe(1);
  });

  it('forgets a verdict with the hash it was given on', async () => {
    const { check } = checkWithCount();
    await check.ask(users, ALICE, 'a');
    const changed = new Map([['alice', hashSync('new', 4)]]);
    expect(await check.ask(changed, ALICE, 'a')).toBe('wrong');
    expect(await check.ask(new Map([['bob', hashSync('x', 4)]]), ALICE, 'a')).toBe('wrong');
  });

  it('lets two of one origin wait, and sixteen in all', async () => {
    const { check } = checkWithCount();
    const answers = ['a', 'a', 'a', ...'bcdefgh'].flatMap((origin, i) => [
      check.ask(users, guess(2 * i), origin),
      check.ask(users, guess(2 * i + 1), origin),
    ]);
    const settled = await Promise.all(answers);
    expect(settled.filter((answer) => answer === 'wrong')).toHaveLength(16);
    expect(settled.slice(2, 6)).toEqual(['busy', 'busy', 'busy', 'busy']);
    expect(check.ask(users, guess(99), 'z')).toBeInstanceOf(Promise);
  });

  it('still knows a scraper after thousands of guesses', async () => {
    const { check } = checkWithCount();
    await check.ask(users, ALICE, 'scraper');
    for (let i = 0; i < 200; i++) await check.ask(users, guess(i), 'a');
    expect(check.ask(users, ALICE, 'scraper')).toBe('right');
  });
});

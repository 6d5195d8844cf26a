import { describe, expect, it } from 'vitest';
import { BriefCache } from '../../../src/web/server/responses.ts';

function counter() {
  let made = 0;
  return () => {
    made += 1;
    return made;
  };
}

describe('BriefCache', () => {
  it('makes a thing once for all who ask in the same moment', () => {
    const cache = new BriefCache<number>();
    const make = counter();
    expect([cache.get('a', make), cache.get('a', make), cache.get('b', make)]).toEqual([1, 1, 2]);
  });

  it('makes it anew a moment later', async () => {
    const cache = new BriefCache<number>();
    const make = counter();
    cache.get('a', make);
    await expect.poll(() => cache.get('a', make), { timeout: 5_000, interval: 20 }).toBe(2);
  });

  it('keeps nothing of what could not be made', () => {
    const cache = new BriefCache<number>();
    const fail = () => {
      throw new Error('broken');
    };
    expect(() => cache.get('a', fail)).toThrow('broken');
    expect(cache.get('a', () => 7)).toBe(7);
  });

  it('keeps few things, whatever is asked for', () => {
    const cache = new BriefCache<number>();
    const make = counter();
    for (let key = 0; key < 60; key += 1) cache.get(String(key), make);
    const again = Array.from({ length: 60 }, (_, key) => cache.get(String(key), make));
    expect(again.filter((value) => value <= 60)).toHaveLength(4);
  });
});

import { describe, expect, it } from 'vitest';
import { isWithin, secondsWithin } from '../../simulator/window.ts';

const WINDOW = { everySeconds: 100, from: 20, to: 50 };

describe('secondsWithin()', () => {
  it.each([
    [0, 0],
    [20, 0],
    [35, 15],
    [50, 30],
    [99, 30],
    [120, 30],
    [1035, 315],
  ])('of the first %d seconds are %d', (t, seconds) => {
    expect(secondsWithin(WINDOW, t)).toBe(seconds);
  });

  it('adds up to what isWithin() says second by second', () => {
    const seconds = Array.from({ length: 777 }, (_, t) => t).filter((t) => isWithin(WINDOW, t));
    expect(secondsWithin(WINDOW, 777)).toBe(seconds.length);
  });
});

import { describe, expect, it } from 'vitest';
import { Precedent } from '../../src/judge/precedent.ts';

const LIMIT = 1000;
const MINUTE = 60;

/** Fed once a second with the count at second t. */
function precedentAfter(seconds: number, entriesAt: (second: number) => number): Precedent {
  const precedent = new Precedent();
  for (let second = 0; second <= seconds; second++) precedent.add({ atMs: second * 1000, value: entriesAt(second) });
  return precedent;
}

describe('Precedent', () => {
  it('has none in the first five minutes', () => {
    expect(precedentAfter(4 * MINUTE, () => 500).covers(LIMIT)).toBe(false);
  });

  it.each([2, 5, 10, 25])('covers a saw-tooth with teeth of %d min, at every point of a tooth', (minutes) => {
    const tooth = (t: number) => 300 + 580 * ((t % (minutes * MINUTE)) / (minutes * MINUTE));
    for (let at = 0; at < minutes * MINUTE; at += 20) {
      expect(precedentAfter((2 * minutes + 6) * MINUTE + at, tooth).covers(LIMIT)).toBe(true);
    }
  });

  it.each([8, 15, 60])(
    'does not cover a ramp that fills the table in %d min, once it has told so for two and a half',
    (minutes) => {
      const perSecond = 700 / (minutes * MINUTE);
      const ramp = (t: number) => 300 + perSecond * Math.max(0, t - 3600);
      const nearItsEnd = 3600 + Math.max(0, minutes * MINUTE - 900) + 150;
      expect(precedentAfter(nearItsEnd, ramp).covers(LIMIT)).toBe(false);
    },
  );

  it('is not set by a burst', () => {
    const burst = (t: number) => (t >= 600 && t < 602 ? 1000 : t < 1200 ? 300 : 500);
    expect(precedentAfter(1300, burst).covers(LIMIT)).toBe(false);
  });

  it('is not set by a level at which the table was in trouble', () => {
    const flood = (t: number) => (t > 600 && t < 900 ? 980 : 300 + (t > 1500 ? t - 1500 : 0));
    expect(precedentAfter(1700, flood).covers(LIMIT)).toBe(false);
  });

  it('is forgotten after an hour', () => {
    const once = (t: number) => (t < 600 ? 800 : t < 4700 ? 300 : 600);
    expect(precedentAfter(3600, once).covers(LIMIT)).toBe(true);
    expect(precedentAfter(4800, once).covers(LIMIT)).toBe(false);
  });
});

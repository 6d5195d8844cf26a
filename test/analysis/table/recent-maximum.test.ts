import { describe, expect, it } from 'vitest';
import { RecentMaximum } from '../../../src/analysis/table/forecast.ts';

const LIMIT = 1000;
const HIGH = 900;
const MINUTE = 60;
/** The default of --alarm.new-level-share. */
const NEW_LEVEL = 0.1;

/** Fed once a second with the entries at second t. */
function maximumAfter(seconds: number, entriesAt: (second: number) => number): RecentMaximum {
  const maximum = new RecentMaximum();
  for (let second = 0; second <= seconds; second++) maximum.add({ atMs: second * 1000, value: entriesAt(second) });
  return maximum;
}

const takenAfter = (seconds: number, entriesAt: (second: number) => number, now?: number) =>
  maximumAfter(seconds, entriesAt).takenShare(LIMIT, HIGH, now);

describe('RecentMaximum', () => {
  it('has none in the first five minutes', () => {
    expect(takenAfter(4 * MINUTE, () => 500)).toBeUndefined();
    expect(takenAfter(7 * MINUTE, () => 500)).toBe(0);
  });

  it.each([2, 5, 10, 25])('is reached by saw-teeth of %d min, and not left, at every point of a tooth', (minutes) => {
    const tooth = (t: number) => 300 + 580 * ((t % (minutes * MINUTE)) / (minutes * MINUTE));
    for (let at = 0; at < minutes * MINUTE; at += 20) {
      expect(takenAfter((2 * minutes + 6) * MINUTE + at, tooth)).toBeLessThanOrEqual(NEW_LEVEL);
    }
  });

  it.each([8, 15, 60])('is left by a ramp that fills the table in %d min', (minutes) => {
    const perSecond = 700 / (minutes * MINUTE);
    const ramp = (t: number) => 300 + perSecond * Math.max(0, t - 3600);
    const nearItsEnd = 3600 + Math.max(0, minutes * MINUTE - 900) + 150;
    expect(takenAfter(nearItsEnd, ramp)).toBeGreaterThan(NEW_LEVEL);
  });

  it.each<[string, { entriesAt: (t: number) => number; seconds: number; taken: number | undefined }]>([
    [
      'is the share of the headroom above it that is taken',
      { entriesAt: (t) => (t < 1200 ? 300 : 650), seconds: 1300, taken: 0.5 },
    ],
    ['is below 0 under it', { entriesAt: (t) => (t < 1200 ? 500 : 250), seconds: 1300, taken: -0.5 }],
    [
      'is hardly moved by a burst',
      { entriesAt: (t) => (t >= 600 && t < 602 ? 1000 : t < 1200 ? 300 : 500), seconds: 1300, taken: 0.235 },
    ],
    [
      'is unknown when it was an incident itself',
      { entriesAt: (t) => (t > 600 && t < 900 ? 980 : 300), seconds: 1700, taken: undefined },
    ],
  ])('%s', (_, { entriesAt, seconds, taken }) => {
    const seen = takenAfter(seconds, entriesAt);
    if (taken === undefined) expect(seen).toBeUndefined();
    else expect(seen).toBeCloseTo(taken, 1);
  });

  it('compares another number with it when it is given one', () => {
    expect(takenAfter(1300, () => 300, 650)).toBe(0.5);
  });

  it('is forgotten after an hour', () => {
    const once = (t: number) => (t < 600 ? 800 : t < 4700 ? 300 : 600);
    expect(takenAfter(3600, once)).toBeLessThan(0);
    expect(takenAfter(4800, once)).toBeGreaterThan(NEW_LEVEL);
  });
});

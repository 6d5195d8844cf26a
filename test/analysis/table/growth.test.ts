import { describe, expect, it } from 'vitest';
import { Growth } from '../../../src/analysis/table/growth.ts';

const SAMPLE_MS = 100;

/** Growth after so many seconds of a table whose count at second t is `entriesAt(t)`. */
function growthAfter(seconds: number, entriesAt: (second: number) => number | undefined): number | undefined {
  const growth = new Growth();
  for (let atMs = 0; atMs <= seconds * 1000; atMs += SAMPLE_MS) {
    const value = entriesAt(atMs / 1000);
    if (value !== undefined) growth.add({ atMs, value });
  }
  return growth.perSecondAt(seconds * 1000);
}

/** Repeatable noise around 0, as wide as `width`. */
function noise(second: number, width: number): number {
  const x = Math.sin(second * 12.9898) * 43758.5453;
  return (x - Math.floor(x) - 0.5) * width;
}

describe('Growth', () => {
  it('says nothing before it has seen four blocks of five seconds', () => {
    expect(growthAfter(19, (t) => 1000 + 50 * t)).toBeUndefined();
    expect(growthAfter(21, (t) => 1000 + 50 * t)).toBeCloseTo(50, 5);
  });

  it('says nothing once the samples have ceased for longer than it needs to judge anew', () => {
    expect(growthAfter(150, (t) => (t < 120 ? 1000 + 50 * t : undefined))).toBeUndefined();
  });

  it.each([
    ['reads a steady rise exactly', (t: number) => 1000 + 200 * t, 200],
    ['reads a steady fall exactly', (t: number) => 90_000 - 100 * t, -100],
    ['reads a rise under noise', (t: number) => 1000 + 200 * t + noise(t, 4000), 200],
    ['is 0 on a flat table', () => 5000, 0],
  ])('%s', (_, entriesAt, expected) => {
    expect(growthAfter(300, entriesAt)).toBeGreaterThan(expected - 8);
    expect(growthAfter(300, entriesAt)).toBeLessThan(expected + 8);
  });

  it('is not moved by a one-second spike, whenever it comes', () => {
    for (let at = 230; at < 300; at += 0.7) {
      expect(growthAfter(300, (t) => (t >= at && t < at + 1 ? 200_000 : 5000))).toBe(0);
    }
  });

  it('is not moved by a step: a level that is reached is not a trend', () => {
    for (let at = 200; at < 300; at += 3) {
      expect(Math.abs(growthAfter(300, (t) => (t < at ? 5000 : 80_000))!)).toBeLessThan(1);
    }
  });

  it.each([10, 20, 30, 45, 60])(
    'is 0 on a saw-tooth with teeth of %d s, at every point of a tooth',
    (periodSeconds) => {
      for (let offset = 0; offset < periodSeconds; offset += 2.5) {
        const tooth = (t: number) => 50_000 + 1000 * (t % periodSeconds);
        expect(Math.abs(growthAfter(300 + offset, tooth)!)).toBeLessThan(20);
      }
    },
  );

  it('sees the rise under a saw-tooth', () => {
    const growth = growthAfter(300, (t) => 50_000 + 1000 * (t % 15) + 100 * t)!;
    expect(growth).toBeGreaterThan(60);
    expect(growth).toBeLessThan(140);
  });

  it('notices a ramp within 45 seconds of its start', () => {
    const ramp = (t: number) => 10_000 + 500 * Math.max(0, t - 300);
    expect(growthAfter(345, ramp)).toBeGreaterThan(250);
  });

  it('does not take what happened in a gap, of a blocked loop or a suspended machine, for a trend', () => {
    const gap = (t: number) => (t < 200 ? 5000 : t < 240 ? undefined : 60_000);
    for (const seconds of [241, 250, 270, 300]) expect(Math.abs(growthAfter(seconds, gap) ?? 0)).toBeLessThan(1);
  });
});

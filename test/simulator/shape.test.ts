import { describe, expect, it } from 'vitest';
import { full, path, upToFull } from '../../simulator/shape.ts';

const RAMP = path(100, [
  [10, 0.2],
  [20, 0.6],
  [30, 0.4],
]);

describe('path()', () => {
  it.each([
    [0, 0.2],
    [10, 0.2],
    [15, 0.4],
    [20, 0.6],
    [25, 0.5],
    [30, 0.4],
    [99, 0.4],
    [100, 0.2],
    [215, 0.4],
  ])('is at second %d at %d', (t, share) => {
    expect(RAMP(t)).toBeCloseTo(share);
  });
});

describe('upToFull()', () => {
  it('swings between 95 and 100 % where the other would be full, and is the other elsewhere', () => {
    const shape = upToFull((t) => t / 100);
    expect(shape(50)).toBe(0.5);
    const shares = Array.from({ length: 80 }, (_, i) => shape(100 + i / 10));
    expect(Math.max(...shares)).toBe(1);
    expect(Math.min(...shares)).toBeCloseTo(0.95);
    expect(shape(104)).toBe(full(104));
  });
});

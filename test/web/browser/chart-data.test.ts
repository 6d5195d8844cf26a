import { describe, expect, it } from 'vitest';
import { Seconds } from '../../../src/web/browser/chart-data.ts';
import { piece, T0 } from './pieces.ts';

describe('Seconds', () => {
  it('lays newer seconds over older ones, and leaves a gap where none were told', () => {
    const seconds = new Seconds();
    seconds.begin(piece(2, [10, 11, 12]));
    seconds.merge(piece(3, [99, 13]));
    expect(seconds.column('entries')).toEqual([10, 11, 99, 13]);
    seconds.merge(piece(6, [16]));
    expect(seconds.column('entries')).toEqual([10, 11, 99, 13, null, null, 16]);
    expect(seconds.times).toEqual([0, 1, 2, 3, 4, 5, 6].map((second) => T0 + second));
  });

  it('holds an hour and no more', () => {
    const seconds = new Seconds();
    seconds.begin(
      piece(
        3599,
        Array.from({ length: 3600 }, (_, i) => i),
      ),
    );
    for (let second = 3600; second < 3700; second += 1) seconds.merge(piece(second, [second]));
    expect([seconds.times.length, seconds.column('entries')[0], seconds.times.at(-1)]).toEqual([3600, 100, T0 + 3699]);
  });

  it('forgets the agent before when another begins', () => {
    const seconds = new Seconds();
    seconds.begin(piece(5000, [1, 2, 3]));
    seconds.begin(piece(1, [7, 8]));
    expect([seconds.column('entries'), seconds.times]).toEqual([
      [7, 8],
      [T0, T0 + 1],
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { TableFullDrops } from '../../src/analysis/counters.ts';
import { counterRow } from '../counter-row.ts';

type Step = { drop?: number; insert_failed?: number; chainlength?: number };

function totalAfter(steps: readonly Step[]): number | undefined {
  const drops = new TableFullDrops();
  for (const step of steps) drops.add(counterRow(step));
  return drops.total;
}

describe('TableFullDrops', () => {
  it.each<[string, Step[], number | undefined]>([
    ['is absent where the kernel does not tell', [{ drop: 5 }], undefined],
    ['is 0 when nothing was lost', [{ drop: 0, insert_failed: 0 }], 0],
    ['counts what a full table dropped', [{ drop: 7, insert_failed: 0 }], 7],
    ['leaves out insert failures', [{ drop: 7, insert_failed: 4 }], 3],
    [
      'leaves out long hash chains, which the kernel does not add to drop',
      [{ drop: 5, insert_failed: 9, chainlength: 6 }],
      2,
    ],
    ['is never negative', [{ drop: 0, insert_failed: 9 }], 0],
    [
      'is not fooled by an insert failure read between its two increments',
      [
        { drop: 0, insert_failed: 1 },
        { drop: 1, insert_failed: 0 },
      ],
      0,
    ],
    [
      'does not take old failures off later drops',
      [
        { drop: 0, insert_failed: 500 },
        { drop: 0, insert_failed: 0 },
        { drop: 9, insert_failed: 0 },
      ],
      9,
    ],
  ])('%s', (_, steps, total) => {
    expect(totalAfter(steps)).toBe(total);
  });
});

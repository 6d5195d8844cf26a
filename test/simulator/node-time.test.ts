import { describe, expect, it } from 'vitest';
import { NodeTime } from '../../simulator/node-time.ts';

describe('NodeTime', () => {
  it('does on its way what falls due, each thing at its time', () => {
    const time = new NodeTime();
    const done: string[] = [];
    time.every(40, () => done.push(`forty at ${time.clock()}`));
    time.every(100, () => done.push(`hundred at ${time.clock()}`));
    time.advanceTo(130);
    expect(done).toEqual(['forty at 40', 'forty at 80', 'hundred at 100', 'forty at 120']);
    expect(time.clock()).toBe(130);
  });

  it('does no more of what was ended, even by what is done itself', () => {
    const time = new NodeTime();
    let times = 0;
    const end = time.every(10, () => {
      times += 1;
      if (times === 3) end();
    });
    time.advanceTo(100);
    expect(times).toBe(3);
  });

  it('never goes back', () => {
    const time = new NodeTime();
    time.advanceTo(100);
    time.spend(5);
    time.advanceTo(50);
    expect(time.clock()).toBe(105);
  });
});

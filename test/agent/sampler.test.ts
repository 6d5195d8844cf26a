import { describe, expect, it } from 'vitest';
import { everyInterval, Sampler } from '../../src/agent/sampler.ts';

const clock = () => performance.now();
const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function blockLoop(ms: number): void {
  for (const untilMs = clock() + ms; clock() < untilMs; );
}

describe('Sampler', () => {
  it('looks again and again until it is stopped, and counts', async () => {
    let looks = 0;
    const sampler = new Sampler({ intervalMs: 10, windowMs: 1000, clock, every: everyInterval, sample: () => looks++ });
    expect(sampler.lagSeconds).toBeUndefined();
    sampler.start();
    await expect.poll(() => looks).toBeGreaterThan(3);
    sampler.stop();
    const stopped = looks;
    await rest(50);
    expect([looks, sampler.samples]).toEqual([stopped, stopped]);
  });

  it('tells how late it was at worst when the loop was blocked, and forgets it after the window', async () => {
    const sampler = new Sampler({
      intervalMs: 10,
      windowMs: 400,
      clock,
      every: everyInterval,
      sample: () => undefined,
    });
    sampler.start();
    await rest(30);
    blockLoop(200);
    await expect.poll(() => sampler.lagSeconds).toBeGreaterThan(0.15);
    await expect.poll(() => sampler.lagSeconds, { timeout: 5000 }).toBeLessThan(0.15);
    sampler.stop();
  });

  it('does not make up for the samples it missed', async () => {
    const sampler = new Sampler({
      intervalMs: 10,
      windowMs: 1000,
      clock,
      every: everyInterval,
      sample: () => undefined,
    });
    sampler.start();
    await rest(30);
    const before = sampler.samples;
    blockLoop(300);
    await rest(5);
    sampler.stop();
    expect(sampler.samples - before).toBeLessThan(5);
  });
});

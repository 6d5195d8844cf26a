import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { everyInterval, Sampler } from '../../src/agent/sampler.ts';

const clock = () => performance.now();
const PATIENT = { timeout: 10_000 };

function blockLoop(ms: number): void {
  for (const untilMs = clock() + ms; clock() < untilMs; );
}

describe('Sampler', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('looks again and again until it is stopped, and counts', () => {
    const sample = vi.fn();
    const sampler = new Sampler({ intervalMs: 10, windowMs: 1000, clock, every: everyInterval, sample });
    expect(sampler.lagSeconds).toBeUndefined();
    sampler.start();
    vi.advanceTimersByTime(45);
    sampler.stop();
    vi.advanceTimersByTime(1000);
    expect(sample).toHaveBeenCalledTimes(4);
    expect(sampler.samples).toBe(4);
  });

  it('tells how late it was at worst when the loop was blocked, and forgets it after the window', () => {
    let blockedMs = 0;
    const sampler = new Sampler({
      intervalMs: 10,
      windowMs: 400,
      clock: () => clock() + blockedMs,
      every: everyInterval,
      sample: () => undefined,
    });
    sampler.start();
    vi.advanceTimersByTime(30);
    expect(sampler.lagSeconds).toBe(0);
    blockedMs = 200; // The timer is due before, and fires only now.
    vi.advanceTimersByTime(10);
    expect(sampler.lagSeconds).toBe(0.2);
    vi.advanceTimersByTime(350);
    expect(sampler.lagSeconds).toBe(0.2);
    vi.advanceTimersByTime(100);
    expect(sampler.lagSeconds).toBe(0);
    sampler.stop();
  });

  it('does not make up for the samples it missed', async () => {
    vi.useRealTimers(); // It rests on what Node does with an interval that it missed.
    const atMs: number[] = [];
    const sampler = new Sampler({
      intervalMs: 10,
      windowMs: 1000,
      clock,
      every: everyInterval,
      sample: () => atMs.push(clock()),
    });
    sampler.start();
    await vi.waitUntil(() => atMs.length > 0, PATIENT);
    blockLoop(300);
    const missed = atMs.length;
    await vi.waitUntil(() => atMs.length >= missed + 5, PATIENT);
    sampler.stop();
    const [first, , , , fifth] = atMs.slice(missed);
    expect(fifth! - first!).toBeGreaterThan(4 * 8); // Not at once, but an interval apart, which Node counts in whole milliseconds.
  });
});

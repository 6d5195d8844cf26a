import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Poller } from '../../src/system/poller.ts';

describe('Poller', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('runs at once, and again a pause after the end of a run, give or take a twentieth', async () => {
    const run = vi.fn(async () => undefined);
    const poller = new Poller({ run, pauseMs: () => 1000 });
    poller.start();
    expect(run).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(949);
    expect(run).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(101);
    expect(run).toHaveBeenCalledTimes(2);
    await poller.stop();
  });

  it('never runs twice at a time, however long a run takes', async () => {
    let running = 0;
    let most = 0;
    const run = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 5000));
      running -= 1;
    };
    const poller = new Poller({ run, pauseMs: () => 1 });
    poller.start();
    await vi.advanceTimersByTimeAsync(60_000);
    void poller.stop();
    expect(most).toBe(1);
  });

  it('waits before the first run where it is told to', async () => {
    const run = vi.fn();
    const poller = new Poller({ run, pauseMs: () => 60_000, firstMs: 1000 });
    poller.start();
    expect(run).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1000);
    expect(run).toHaveBeenCalledTimes(1);
    await poller.stop();
  });

  it('does not run any more once it is stopped, also where a run was under way', async () => {
    let finish: () => void = () => undefined;
    const run = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
    const poller = new Poller({ run, pauseMs: () => 10 });
    poller.start();
    let isStopped = false;
    const stopped = poller.stop().then(() => {
      isStopped = true;
    });
    await vi.advanceTimersByTimeAsync(1000);
    expect(isStopped).toBe(false);
    finish();
    await stopped;
    await vi.advanceTimersByTimeAsync(1000);
    expect([run.mock.calls.length, poller.isStopped]).toEqual([1, true]);
  });
});

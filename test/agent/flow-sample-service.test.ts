import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { schedule } from '../../src/agent/flow-sample-runner.ts';
import { collectedLog } from '../web/collected-log.ts';

describe('schedule()', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('runs again while a run is under way, and not any more once it is stopped', async () => {
    const { log, lines } = collectedLog();
    let finish: () => void = () => undefined;
    const run = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
    const running = await schedule('* * * * * *', run, log);
    await vi.advanceTimersByTimeAsync(3000);
    expect(run).toHaveBeenCalledTimes(3);
    running.stop();
    await vi.advanceTimersByTimeAsync(5000);
    expect(run).toHaveBeenCalledTimes(3);
    finish();
    expect(lines.filter(({ level }) => level !== 'debug')).toEqual([]);
  });
});

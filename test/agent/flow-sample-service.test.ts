import { describe, expect, it } from 'vitest';
import { schedule } from '../../src/agent/flow-sample-runner.ts';
import { collectedLog } from '../web/collected-log.ts';

describe('schedule()', () => {
  it('runs again while a run is under way, and not any more once it is stopped', async () => {
    const { log, lines } = collectedLog();
    let begun = 0;
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const running = await schedule(
      '* * * * * *',
      async () => {
        begun += 1;
        await finished;
      },
      log,
    );
    await expect.poll(() => begun, { timeout: 15_000 }).toBeGreaterThan(1);
    running.stop();
    const before = begun;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(begun).toBe(before);
    finish();
    expect(lines.filter(({ level }) => level !== 'debug')).toEqual([]);
  });
});

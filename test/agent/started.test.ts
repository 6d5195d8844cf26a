import { describe, expect, it } from 'vitest';
import { Started } from '../../src/agent/subsystem.ts';
import { collectedLog } from '../web/collected-log.ts';

/** Parts that write down when they are started and stopped. */
function parts(calls: string[], failing: Partial<Record<string, 'start' | 'stop'>> = {}) {
  return (name: string) => ({
    start: async () => {
      calls.push(`start ${name}`);
      if (failing[name] === 'start') throw new Error(`no ${name}`);
    },
    stop: () => {
      calls.push(`stop ${name}`);
      if (failing[name] === 'stop') throw new Error(`${name} hangs`);
    },
  });
}

describe('Started', () => {
  it('stops in reverse order', async () => {
    const calls: string[] = [];
    const part = parts(calls);
    const started = new Started(collectedLog().log);
    await started.start([part('a'), undefined, part('b')]);
    await started.stop();
    expect(calls).toEqual(['start a', 'start b', 'stop b', 'stop a']);
  });

  it('stops what was started, the part that failed included, where a later one cannot start', async () => {
    const calls: string[] = [];
    const part = parts(calls, { b: 'start' });
    const started = new Started(collectedLog().log);
    await expect(started.start([part('a'), part('b'), part('c')])).rejects.toThrow('no b');
    await started.stop();
    expect(calls).toEqual(['start a', 'start b', 'stop b', 'stop a']);
  });

  it('stops the others where one cannot be stopped, and logs that', async () => {
    const calls: string[] = [];
    const part = parts(calls, { b: 'stop' });
    const { log, lines } = collectedLog();
    const started = new Started(log);
    await started.start([part('a'), part('b')]);
    await started.stop();
    expect(calls.slice(2)).toEqual(['stop b', 'stop a']);
    expect(lines).toMatchObject([{ level: 'error', message: 'Cannot stop a part of the agent: b hangs' }]);
  });

  it('stops each part once', async () => {
    const calls: string[] = [];
    const started = new Started(collectedLog().log);
    await started.start([parts(calls)('a')]);
    await Promise.all([started.stop(), started.stop()]);
    expect(calls).toEqual(['start a', 'stop a']);
  });
});

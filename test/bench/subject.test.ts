import { describe, expect, it } from 'vitest';
import { Subject } from '../../bench/subject.ts';

/** Port 9, which nothing listens on. */
const run = (command: string, ...args: string[]) => new Subject({ command, args }, 9);

describe('a program under measurement', () => {
  it('that ends at once is reported, with its exit code, and can be stopped', async () => {
    const subject = run(process.execPath, '-e', 'process.exit(3)');
    await expect(subject.firstAnswer()).rejects.toThrow('process.exit(3)": it ended with exit code 3');
    await subject.stop();
  });

  it('that does not exist is reported, and can be stopped', async () => {
    const subject = run('/nonexistent/agent');
    await expect(subject.firstAnswer()).rejects.toThrow('ENOENT');
    expect(() => subject.pid).toThrow('Cannot measure "/nonexistent/agent"');
    await subject.stop();
  });

  it('that runs is ended by stop()', async () => {
    const subject = run(process.execPath, '-e', 'setInterval(() => {}, 1000)');
    const { pid } = subject;
    await subject.stop();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});

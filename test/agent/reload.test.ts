import { describe, expect, it } from 'vitest';
import { reloadFiles } from '../../src/agent/subsystem.ts';
import { OperatorError } from '../../src/model/operator-error.ts';
import { collectedLog } from '../web/collected-log.ts';

function reloadedWith(...problems: (Error | undefined)[]) {
  const { log, lines } = collectedLog();
  const reloaded: number[] = [];
  const parts = problems.map((problem, i) => ({
    reload() {
      reloaded.push(i);
      if (problem !== undefined) throw problem;
    },
  }));
  reloadFiles(parts, log);
  return { lines, reloaded };
}

describe('reloadFiles()', () => {
  it('logs one line where all files are in force', () => {
    const { lines } = reloadedWith(undefined, undefined);
    expect(lines).toEqual([{ level: 'info', fields: {}, message: 'All files were read again and are in force' }]);
  });

  it('reads every part, and logs all problems with their remedies in one line', () => {
    const bad = (name: string) => new OperatorError(`Cannot use "${name}"`, { remedy: `Correct ${name}` });
    const { lines, reloaded } = reloadedWith(bad('a'), undefined, bad('b'));
    expect(reloaded).toEqual([0, 1, 2]);
    const message = 'Cannot use "a"; Cannot use "b"; the files that were read before stay in force';
    expect(lines).toEqual([{ level: 'error', fields: { remedy: 'Correct a. Correct b' }, message }]);
  });

  it('says that flags take effect at a restart where no file is read', () => {
    expect(reloadedWith().lines.map(({ level, message }) => [level, message])).toEqual([
      ['info', 'No file to read again: flags and variables take effect at a restart'],
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { ProblemLog } from '../../src/system/problem-log.ts';
import { collectedLog } from '../web/collected-log.ts';

describe('ProblemLog', () => {
  it('logs a failure once, another one too, and the recovery once', () => {
    const { log, lines } = collectedLog();
    const problems = new ProblemLog(log);
    problems.succeeded('it works again');
    for (const text of ['refused', 'refused', 'late']) problems.failed(new Error(text), 'nothing is known');
    expect(problems.problem?.message).toBe('late');
    problems.succeeded('it works again');
    problems.succeeded('it works again');
    expect(problems.problem).toBeUndefined();
    expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'warn nothing is known: refused',
      'warn nothing is known: late',
      'info it works again',
    ]);
  });

  it('takes whatever was thrown', () => {
    const { log, lines } = collectedLog();
    new ProblemLog(log, 'error').failed('a word', 'nothing is known');
    expect(lines).toMatchObject([{ level: 'error', message: 'nothing is known: a word' }]);
  });
});
